/**
 * Usage that an app signalled to the workflow, into the ledger: from there it comes back as a
 * batch, like any other. What can't be taken is an audit entry with the usage event as it came.
 */
import { DomainError } from '../src/core/errors';
import { signalledUsageKey } from '../src/core/ids';
import { appendAuditEntry } from '../src/db/audit-entries';
import type { ActivityDeps } from './deps';

export interface SignalledUsageRequest {
  readonly customer: string;
  /** Names the signal: run and number. */
  readonly signal: string;
  /** As they came: nothing is known of them. */
  readonly events: readonly unknown[];
  /** Unix milliseconds, by the workflow's clock. */
  readonly receivedAt: number;
}

export interface SignalledUsage {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly RejectedUsage[];
}

export interface RejectedUsage {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

const SHOWN_CHARACTERS_MAX = 4_000;

export function createSignalledUsageActivities({ pool, takeUsage }: ActivityDeps) {
  return {
    /** Tried again it finds what it has recorded: usage events by id, entries by key. */
    ingestUsage: async (request: SignalledUsageRequest): Promise<SignalledUsage> => {
      const { customer, signal, events, receivedAt } = request;
      const outcomes = await takeUsage(customer, events, new Date(receivedAt));
      const rejected = outcomes.flatMap((outcome, index) =>
        outcome instanceof DomainError
          ? [{ index, code: outcome.code, message: outcome.message }]
          : [],
      );
      for (const { index, code, message } of rejected) {
        // As text: what jsonb can't hold must not keep the entry from being written.
        const usageEvent = JSON.stringify(events[index] ?? null).slice(0, SHOWN_CHARACTERS_MAX);
        await appendAuditEntry(pool, {
          customer,
          key: signalledUsageKey(signal, index),
          kind: 'usage_rejected',
          at: new Date(receivedAt),
          detail: { signal, index, code, message, usageEvent },
        });
      }
      const countOf = (asked: string) => outcomes.filter((outcome) => outcome === asked).length;
      return { accepted: countOf('accepted'), duplicates: countOf('duplicate'), rejected };
    },
  };
}
