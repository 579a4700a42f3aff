/**
 * Writes usage that an app signalled to the workflow into the ledger: it comes back as a batch,
 * like any other. What can't be taken becomes an audit entry with the usage event as it came.
 */
import { DomainError } from '../src/core/errors';
import { signalledUsageKey } from '../src/core/ids';
import { jsonText, shortened } from '../src/core/text';
import { appendAuditEntry } from '../src/db/audit-entries';
import type { ActivityDeps } from './deps';

export interface SignalledEvents {
  /** Names the signal: run and number. */
  readonly signal: string;
  /** Where in the signal's list they begin. Absent: they are all of it. */
  readonly from?: number;
  /** They are as they came: nothing is known of them. */
  readonly events: readonly unknown[];
  /** Unix milliseconds, by the workflow's clock. */
  readonly receivedAt: number;
}

/** Release 0.1.0 asks for one signal at a time. */
export type SignalledUsageRequest = { readonly customer: string } & (
  SignalledEvents | { readonly signals: readonly SignalledEvents[] }
);

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

type Outcome = Awaited<ReturnType<ActivityDeps['takeUsage']>>[number];

const SHOWN_CHARACTERS_MAX = 4_000;

export function createSignalledUsageActivities({ pool, takeUsage }: ActivityDeps) {
  async function recordRejected(
    customer: string,
    { signal, from = 0, events, receivedAt }: SignalledEvents,
    outcomes: readonly Outcome[],
  ): Promise<RejectedUsage[]> {
    const rejections = outcomes.flatMap((outcome, at) =>
      outcome instanceof DomainError
        ? [{ index: from + at, code: outcome.code, message: outcome.message }]
        : [],
    );
    for (const { index, code, message } of rejections) {
      // It is kept as text, since it may be of any shape and depth.
      const usageEvent = shortened(jsonText(events[index - from] ?? null), SHOWN_CHARACTERS_MAX);
      await appendAuditEntry(pool, {
        customer,
        key: signalledUsageKey(signal, index),
        kind: 'usage_rejected',
        at: new Date(receivedAt),
        detail: { signal, index, code, message, usageEvent },
      });
    }
    return rejections;
  }

  return {
    /** A repetition finds what it has recorded: usage events by id, entries by key. */
    ingestUsage: async (request: SignalledUsageRequest): Promise<SignalledUsage> => {
      const { customer } = request;
      const signals = 'signals' in request ? request.signals : [request];
      // They are committed together: each by itself would be a transaction.
      const outcomes = await Promise.all(
        signals.map(({ events, receivedAt }) => takeUsage(customer, events, new Date(receivedAt))),
      );
      const rejections: RejectedUsage[] = [];
      for (const [at, one] of signals.entries())
        rejections.push(...(await recordRejected(customer, one, outcomes[at] ?? [])));
      const countOf = (outcome: string) => outcomes.flat().filter((one) => one === outcome).length;
      return {
        accepted: countOf('accepted'),
        duplicates: countOf('duplicate'),
        rejected: rejections,
      };
    },
  };
}
