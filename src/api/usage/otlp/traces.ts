/**
 * POST /otlp/v1/traces: OTLP over HTTP, as OpenTelemetry's exporters and collectors send it. Calls
 * of models among the spans are usage; other spans are let go. What can't be counted is told in the
 * answer, by a metric and in the log, since no exporter sends it again.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Pool } from 'pg';
import { DomainError } from '../../../core/errors';
import type { ApiKey } from '../../../db/api-keys';
import { ledgerUnreachable } from '../../../ingest/intake';
import { inSlices } from '../../../ingest/turns/turns';
import { problemOf, sendProblemAs } from '../../http/problems';
import type { UsageDeps } from '../usage';
import { ownEvent, takeUsageEvents } from '../usage-answer';
import type { UsageReading } from '../usage-bytes';
import { countedOnce } from './calls-once';
import { encodeAnswer, messageOf, statusMessage } from './otlp-answer';
import type { Rejection, SpanCounts } from './otlp-answer';
import { encodingOf, OTLP_JSON, readOtlpBody } from './otlp-body';
import { readSpan } from './span';
import type { SentSpan } from './span';
import { readSpanEvent } from './span-event';
import type { ReadSpan } from './span-event';

export interface OtlpDeps extends UsageDeps {
  readonly pool: Pool;
  /** It says whose call a span was. */
  readonly customerAttribute: string;
}

/** OTLP knows 400 where /v1/usage says 422: nobody sends the same again. */
const BAD_BODY_STATUS = 400;

export function otlpTracesHandler(deps: OtlpDeps): RequestListener {
  return (request, response) => {
    takeTraces(deps, request, response).catch((error: unknown) => {
      const isBadBody = error instanceof DomainError && error.code === 'invalid_request';
      const problem = problemOf(error, isBadBody ? BAD_BODY_STATUS : undefined);
      sendProblemAs(response, { problem, error, log: deps.log }, (refusal) =>
        statusMessage(refusal, encodingOf(request)),
      );
    });
  };
}

async function takeTraces(
  deps: OtlpDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { key } = await deps.keyring.identify({ request, response }, 'ingest');
  const reading = deps.readUsage(request, key);
  const sentSpans = await readOtlpBody(request, reading);
  const { counts, rejections } = await takeSpans(deps, sentSpans, { key, reading });
  const message = messageOf(counts, rejections);
  deps.metrics.countIgnoredSpans(counts.ignored);
  if (counts.rejected > 0) deps.log.warn({ ...counts, reason: message }, 'spans were rejected');
  const encoding = encodingOf(request) ?? OTLP_JSON;
  const body = encodeAnswer(encoding, counts, message);
  response.writeHead(200, {
    'Content-Type': encoding,
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

interface Receipt {
  readonly key: ApiKey;
  readonly reading: UsageReading;
}

async function takeSpans(
  deps: OtlpDeps,
  sentSpans: readonly SentSpan[],
  { key, reading }: Receipt,
): Promise<{ readonly counts: SpanCounts; readonly rejections: readonly Rejection[] }> {
  const read = (sent: SentSpan): ReadSpan | DomainError => readSent(sent, deps, key);
  const results = await inSlices(sentSpans, read, reading.nextTurn);
  const spans = results.filter((result): result is ReadSpan => !(result instanceof DomainError));
  const counted = await countedOnce(deps.pool, spans).catch(ledgerUnreachable);
  const events = [
    ...counted.map(({ span, event }) => ({ id: `${span.traceId}:${span.spanId}`, event })),
    ...results
      .filter((result) => result instanceof DomainError)
      .map((event) => ({ id: null, event })),
  ];
  const { answer } = await takeUsageEvents(deps, events, key);
  const spansWithUsage = spans.filter(({ kind }) => kind !== 'other').length;
  const { accepted, duplicates, rejected } = answer;
  const rejections = answer.results.flatMap(({ id, code = '', message = '', status }) =>
    status === 'rejected' ? [{ span: id, code, message }] : [],
  );
  return {
    counts: { accepted, duplicates, rejected, ignored: spansWithUsage - counted.length },
    rejections,
  };
}

/** One span's fault is that span's rejection. */
function readSent(
  sent: SentSpan,
  { customerAttribute }: Pick<OtlpDeps, 'customerAttribute'>,
  key: ApiKey,
): ReadSpan | DomainError {
  try {
    const span = readSpanEvent(readSpan(sent), customerAttribute);
    return span.kind === 'call' ? { ...span, event: ownEvent(span.event, key) } : span;
  } catch (error) {
    if (error instanceof DomainError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new DomainError('invalid_usage_event', `The span can't be read: ${reason}.`);
  }
}
