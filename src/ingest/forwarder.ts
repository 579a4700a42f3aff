/**
 * The forwarder: sealed batches go to the customer's workflow, all that wait in one signal, one
 * signal in flight per customer. What was sent twice after a crash the workflow recognises by its
 * sequence; nothing is ever skipped, because the cursor moves only after acceptance.
 */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { backoffMs } from '../core/backoff';
import type { UsageBatch } from '../core/usage/usage';
import { readBatches } from '../db/usage-batches';
import { claimCustomers, completeClaim, returnClaim } from '../db/usage-forwarding';
import type { Claim } from '../db/usage-forwarding';
import { inTraceOfUsage } from './forwarded-traces';
import type { StripeEventHint, UsageRecorded } from '../../workflows/contract';

const CUSTOMERS_IN_FLIGHT_MAX = 20;
const LINES_PER_SIGNAL_MAX = 1_000;
const BYTES_PER_SIGNAL_MAX = 64 * 1024;
/** A customer with usage all the time gets fewer, larger signals: one in so many intervals. */
const BUSY_INTERVALS = 4;
/** Milliseconds. */
export const busyIntervalMs = (intervalMs: number): number => intervalMs * BUSY_INTERVALS;
const BACKOFF = { minMs: 500, maxMs: 30_000 };

export interface ForwarderDeps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly signals: Pick<WorkflowSignals, 'signalUsage'>;
  /** Two signals to one customer are so far apart, from the acceptance of the first. */
  readonly intervalMs: number;
  /** Milliseconds between two signals to one with usage all the time. Absent: four intervals. */
  readonly reportIntervalMs?: () => number;
  /** Milliseconds from one customer to the next, of all workers. Absent: as many as there are. */
  readonly spacingMs?: () => number;
}

export interface Forwarder {
  /** Claims customers that are due and begins to send; answers how many. */
  forwardDue(): Promise<number>;
  /** Resolves when nothing is in flight. */
  untilIdle(): Promise<void>;
}

export function createForwarder(deps: ForwarderDeps): Forwarder {
  const inFlight = new Set<Promise<void>>();
  const failures = new Map<string, number>();

  const send = async (claim: Claim, owner: string): Promise<void> => {
    const { customer } = claim;
    try {
      const delivery = await signalWaiting(deps, claim);
      const { intervalMs } = deps;
      const busyMs = deps.reportIntervalMs?.() ?? busyIntervalMs(intervalMs);
      await completeClaim(deps.pool, { customer, owner, ...delivery, intervalMs, busyMs });
      failures.delete(customer);
    } catch (error) {
      const failureCount = (failures.get(customer) ?? 0) + 1;
      failures.set(customer, failureCount);
      const pauseMs = backoffMs(BACKOFF, failureCount);
      deps.log.warn(
        { err: error, customer, failed: failureCount, pauseMs },
        'usage was not forwarded',
      );
      // When this fails too, the lease runs out by itself.
      await returnClaim(deps.pool, { customer, owner, pauseMs }).catch(() => undefined);
    }
  };

  return {
    forwardDue: async () => {
      const freeCount = CUSTOMERS_IN_FLIGHT_MAX - inFlight.size;
      if (freeCount <= 0) return 0;
      // A name per claim: a lease that was taken again is never confused with the old one.
      const owner = randomUUID();
      const claims = await claimCustomers(deps.pool, owner, freeCount, deps.spacingMs?.());
      for (const claim of claims) {
        const sending = send(claim, owner).finally(() => inFlight.delete(sending));
        inFlight.add(sending);
      }
      return claims.length;
    },
    untilIdle: async () => {
      await Promise.all(inFlight);
    },
  };
}

/** Sends what waits, as much as fits; answers the last sequence sent and whether some was left. */
async function signalWaiting(
  deps: ForwarderDeps,
  claim: Claim,
): Promise<{ sequence: number; hasRest: boolean }> {
  const { customer, forwardedSequence } = claim;
  const nextSequence = forwardedSequence + 1;
  const waitingBatches = await readBatches(deps.pool, customer, nextSequence, LINES_PER_SIGNAL_MAX);
  const batches = withinBytes(waitingBatches, BYTES_PER_SIGNAL_MAX);
  const lastBatch = batches.at(-1);
  if (!lastBatch || batches[0]?.sequence !== nextSequence) {
    throw new Error(
      `Usage batch ${nextSequence} of ${customer} is missing: expected it after sealing.`,
    );
  }
  await inTraceOfUsage(deps.pool, { customer, from: nextSequence, to: lastBatch.sequence }, () =>
    deps.signals.signalUsage(customer, { batches }),
  );
  return { sequence: lastBatch.sequence, hasRest: lastBatch.sequence < claim.lastSequence };
}

/** The first batches that fit together; always one. */
export function withinBytes(batches: readonly UsageBatch[], bytesMax: number): UsageBatch[] {
  let bytes = 0;
  const fittingCount = batches.findIndex((batch) => {
    bytes += Buffer.byteLength(JSON.stringify(batch));
    return bytes > bytesMax;
  });
  return fittingCount === -1 ? [...batches] : batches.slice(0, Math.max(1, fittingCount));
}

/** The port through which usage and Stripe's hints reach workflows. */
export interface WorkflowSignals {
  /** Resolves once Temporal has accepted the signal durably. */
  signalUsage(customer: string, usage: UsageRecorded): Promise<void>;
  signalStripeEvent(customer: string, hint: StripeEventHint): Promise<void>;
}
