/**
 * The usage of calls on its way to the ledger: on our disk before the caller has the answer's end,
 * taken in like any other usage afterwards, for as long as that takes. Decision 19 says why.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import { findTestClocks } from '../../db/customers';
import type { Intake } from '../../ingest/intake';
import { messageOf } from '../../sdk/tollkeeper-error';
import type { SendOutcome } from '../../sdk/usage-api';
import { outsideTraces } from '../../traces/spans';
import { UsageRecorder } from '../../sdk/usage-recorder';
import type { ApiMetrics } from '../../metrics/api-metrics';
import { takeUsageEvents } from '../usage/usage-answer';
import type { SentEvent } from '../usage/usage-body';
import { parseUsageEvent } from '../../ingest/usage-event-schema';

/** About four million calls: days of an outage. */
const SPOOL_BYTES_MAX = 1024 * 1024 * 1024;
const GATHER_MS = 20;
const RETRY_MS = { min: 250, max: 10_000 };
/** It comes from ourselves, for the customer of the key that was used. */
const OWN_KEY = { id: 'the proxy', name: 'the proxy', customer: null };

export interface CallRecorderDeps {
  readonly pool: Pool;
  readonly intake: Intake;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
  readonly isTestMode: boolean;
}

/** Throws `spool_in_use` or `spool_failed`. */
export function createCallRecorder(deps: CallRecorderDeps, directory: string): UsageRecorder {
  return new UsageRecorder(
    // Calls are sent in batches, of which the calls of others are as much a part.
    { send: (lines) => outsideTraces(() => take(deps, lines)) },
    {
      spool: { directory, maxBytes: SPOOL_BYTES_MAX },
      gatherMs: GATHER_MS,
      retryMs: RETRY_MS,
      onError: (error) => {
        const { code, rejections } = error;
        const level = code === 'send_failed' ? 'warn' : 'error';
        deps.log[level]({ err: error, code, rejections }, 'usage of calls is not in the ledger');
      },
    },
  );
}

async function take(deps: CallRecorderDeps, lines: readonly string[]): Promise<SendOutcome> {
  try {
    const sentEvents = await inCustomersTime(deps, lines.map(readEvent));
    const { answer } = await takeUsageEvents(deps, sentEvents, OWN_KEY);
    return { kind: 'taken', results: answer.results };
  } catch (cause) {
    return { kind: 'failed', message: messageOf(cause), cause };
  }
}

function readEvent(line: string): SentEvent {
  try {
    const event = parseUsageEvent(JSON.parse(line));
    return { id: event.id, event };
  } catch (error) {
    const fault = new DomainError('invalid_usage_event', messageOf(error));
    return { id: null, event: error instanceof DomainError ? error : fault };
  }
}

/** The provider knows nothing of test clocks: without a time, it is their now. */
async function inCustomersTime(
  { pool, isTestMode }: CallRecorderDeps,
  sentEvents: readonly SentEvent[],
): Promise<readonly SentEvent[]> {
  if (!isTestMode) return sentEvents;
  const customers = sentEvents.flatMap(({ event }) =>
    event instanceof DomainError ? [] : [event.customer],
  );
  const clocks = await findTestClocks(pool, [...new Set(customers)]);
  return sentEvents.map(({ id, event }) => {
    if (event instanceof DomainError || (clocks.get(event.customer) ?? null) === null)
      return { id, event };
    return { id, event: { ...event, occurredAt: undefined } };
  });
}
