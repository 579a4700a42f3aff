/**
 * POST /v1/usage. Written against Node's own request and response, because this one path carries
 * the load and Express would be the dearest part of it.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { z } from 'zod';
import { DomainError } from '../core/errors';
import type { UsageEvent } from '../core/usage';
import type { Intake, IntakeOutcome } from '../ingest/intake';
import type { Keyring } from './auth';
import type { ApiMetrics } from './metrics';
import { sendProblem } from './problems';
import { readUsageBody } from './usage-body';
import { parseUsageEvent } from './usage-event-schema';

/** A single usage event that can't be taken: whatever the reason, the body is what is wrong. */
const SINGLE_EVENT_STATUS = 422;

export const usageAnswerSchema = z
  .object({
    accepted: z.number().int(),
    duplicates: z.number().int(),
    rejected: z.number().int(),
    results: z.array(
      z.object({
        index: z.number().int(),
        id: z.string().nullable(),
        status: z.enum(['accepted', 'duplicate', 'rejected']),
        code: z.string().optional(),
        message: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'UsageAnswer' });

type UsageAnswer = z.infer<typeof usageAnswerSchema>;

export interface UsageDeps {
  readonly keyring: Keyring;
  readonly intake: Intake;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
}

export function usageHandler(deps: UsageDeps): RequestListener {
  return (request, response) => {
    takeUsage(deps, request, response).catch((error: unknown) =>
      sendProblem(response, error, deps.log),
    );
  };
}

async function takeUsage(
  { keyring, intake, metrics, log }: UsageDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await keyring.authorize(request, 'ingest');
  const { isSingle, values } = await readUsageBody(request);
  const parsed = values.map(parse);
  const events = parsed.filter((event): event is UsageEvent => !(event instanceof DomainError));
  const taken = await intake(events);
  let next = 0;
  const outcomes = parsed.map((event) =>
    event instanceof DomainError ? event : (taken[next++] as IntakeOutcome),
  );
  const answer = answerOf(values, outcomes);
  metrics.countUsageEvents('accepted', answer.accepted);
  metrics.countUsageEvents('duplicate', answer.duplicates);
  metrics.countUsageEvents('rejected', answer.rejected);
  const fault = outcomes[0];
  if (isSingle && fault instanceof DomainError) {
    sendProblem(response, fault, log, SINGLE_EVENT_STATUS);
    return;
  }
  const body = JSON.stringify(answer);
  response.writeHead(202, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

function parse(value: unknown): UsageEvent | DomainError {
  if (value instanceof DomainError) return value;
  try {
    return parseUsageEvent(value);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

function answerOf(values: readonly unknown[], outcomes: readonly IntakeOutcome[]): UsageAnswer {
  const counts = { accepted: 0, duplicates: 0, rejected: 0 };
  const results = outcomes.map((outcome, index): UsageAnswer['results'][number] => {
    const id = idOf(values[index]);
    if (outcome instanceof DomainError) {
      counts.rejected += 1;
      return { index, id, status: 'rejected', code: outcome.code, message: outcome.message };
    }
    counts[outcome === 'accepted' ? 'accepted' : 'duplicates'] += 1;
    return { index, id, status: outcome };
  });
  return { ...counts, results };
}

function idOf(value: unknown): string | null {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null;
  return typeof id === 'string' ? id : null;
}
