/**
 * The loops behind the ledger, the inbox and the outbox: sealing, forwarding to the workflows, and
 * delivering what they tell. Any process may run them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { backoffMs } from '../core/backoff';
import { reportIntervalMs } from '../core/counting/report-interval';
import { isDecisionDue, nextPace, pacedIntervalMs, spacingMs } from '../core/counting/report-pace';
import { updateReportPace } from '../db/report-pace';
import { CUT_EVENTS_MAX, cutStripeEventPayloads } from '../db/stripe-event-payloads';
import { countBusyCustomers } from '../db/usage-forwarding';
import { makeUsagePartitions } from '../db/partitions/usage-partitions';
import { busyIntervalMs, createForwarder } from './forwarder';
import { createSealer } from './sealing';
import { WATCH_INTERVAL_MS, watchSealing } from './sealing-watch';
import type { ReadMeterErrors } from './meter-error-reports';
import { forwardStripeEventsOnce } from './stripe-event-forwarder';
import type { AdoptSubscription, ReadChargeCustomer } from './stripe-event-forwarder';
import type { VendorAccountEventDeps } from './vendor-account-events';
import type { WorkflowSignals } from './forwarder';

const FORWARD_POLL_MS = 50;
const STRIPE_EVENTS_POLL_MS = 100;
const DELIVER_POLL_MS = 500;
/** So soon after more customers have come, or reports wait, usage is sent less often. */
const PACE_MS = 10_000;
/** Partitions are made months ahead, and payloads cut weeks after. */
const HOUSEKEEPING_MS = 60 * 60_000;
const CUT_AGAIN_MS = 1_000;
const BACKOFF = { minMs: 200, maxMs: 10_000 };

export interface PipelineDeps extends VendorAccountEventDeps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly signals: WorkflowSignals;
  /** Handed in, since it comes from `src/stripe`, which the pipeline doesn't import. */
  readonly readMeterErrors: ReadMeterErrors;
  readonly readChargeCustomer: ReadChargeCustomer;
  readonly adoptSubscription: AdoptSubscription;
  /** Delivers notifications; handed in, since it comes from `src/notify`. */
  readonly deliverer: { deliverDue(): Promise<number>; untilIdle(): Promise<void> };
  /** How long usage has waited in Temporal since this was last asked. Undefined: none was seen. */
  readonly takeReportWaitMs: () => number | undefined;
  readonly config: {
    readonly SEAL_INTERVAL_MS: number;
    readonly FORWARD_INTERVAL_MS: number;
    readonly STRIPE_METER_EVENTS_PER_SECOND: number;
  };
}

export interface Pipeline {
  /** Waits for the steps in flight. */
  stop(): Promise<void>;
}

export function startPipeline(deps: PipelineDeps): Pipeline {
  const { pool, log, signals, deliverer, config } = deps;
  const stop = new AbortController();
  const pace = createReportPace(deps);
  const forwarder = createForwarder({
    ...{ pool, log, signals },
    intervalMs: config.FORWARD_INTERVAL_MS,
    reportIntervalMs: () => pace.inForce().askedMs,
    spacingMs: () => pace.inForce().spacingMs,
  });
  const seal = createSealer(pool);
  const loops = [
    repeat('sealing', log, stop.signal, async () => {
      const { more, quarantined } = await seal();
      if (quarantined) log.error({ quarantined }, 'usage events that no batch can hold');
      return more ? 0 : config.SEAL_INTERVAL_MS;
    }),
    repeat('watching sealing', log, stop.signal, async () => {
      await watchSealing(pool, log);
      return WATCH_INTERVAL_MS;
    }),
    ...keepHouse(pool, log, stop.signal),
    repeat('pacing reports', log, stop.signal, async () => {
      await pace.look();
      return PACE_MS;
    }),
    repeat('forwarding usage', log, stop.signal, async () => {
      await forwarder.forwardDue();
      return FORWARD_POLL_MS;
    }),
    repeat('forwarding Stripe events', log, stop.signal, async () => {
      const takenCount = await forwardStripeEventsOnce(deps);
      return takenCount > 0 ? 0 : STRIPE_EVENTS_POLL_MS;
    }),
    repeat('delivering notifications', log, stop.signal, async () => {
      await deliverer.deliverDue();
      return DELIVER_POLL_MS;
    }),
  ];
  return {
    stop: async () => {
      stop.abort();
      await Promise.all(loops);
      await Promise.all([forwarder.untilIdle(), deliverer.untilIdle()]);
    },
  };
}

/** What makes room for the months to come. */
const keepHouse = (pool: Pool, log: Logger, stopSignal: AbortSignal): Promise<void>[] => [
  repeat('making partitions of the ledger', log, stopSignal, async () => {
    const partitions = await makeUsagePartitions(pool);
    if (partitions.length > 0) log.info({ partitions }, 'made partitions of the ledger');
    return HOUSEKEEPING_MS;
  }),
  repeat('cutting payloads of Stripe events', log, stopSignal, async () => {
    const events = await cutStripeEventPayloads(pool);
    if (events > 0) log.info({ events }, 'cut payloads of Stripe events');
    return events < CUT_EVENTS_MAX ? HOUSEKEEPING_MS : CUT_AGAIN_MS;
  }),
];

/**
 * How often a busy customer's usage is sent and reported: by how many there are at the moment, and
 * by how long their reports wait. All workers read the same row, and so have the same pace.
 */
export function createReportPace({
  pool,
  log,
  takeReportWaitMs,
  config,
}: Pick<PipelineDeps, 'pool' | 'log' | 'takeReportWaitMs'> & {
  readonly config: Omit<PipelineDeps['config'], 'SEAL_INTERVAL_MS'>;
}) {
  const leastMs = busyIntervalMs(config.FORWARD_INTERVAL_MS);
  const meterEventsPerSecond = config.STRIPE_METER_EVENTS_PER_SECOND;
  let inForce = { intervalMs: leastMs, askedMs: leastMs, spacingMs: 0 };
  const isSlower = () => inForce.intervalMs > inForce.askedMs;
  return {
    inForce: () => inForce,
    look: async (): Promise<void> => {
      const busyCustomers = await countBusyCustomers(pool);
      const askedMs = reportIntervalMs({ busyCustomers, meterEventsPerSecond, leastMs });
      const busyness = { busyCustomers, askedMs };
      const pace = await updateReportPace(pool, takeReportWaitMs(), (stored) => {
        const isDecided = isDecisionDue(stored.sinceDecisionMs);
        const waitMs = stored.waitMs ?? undefined;
        const earlierWaitMs = stored.decidedWaitMs ?? undefined;
        const { msPerCustomer, tooCloseMs } = isDecided
          ? nextPace(stored, { ...busyness, waitMs, earlierWaitMs })
          : stored;
        const intervalMs = pacedIntervalMs(msPerCustomer, busyness);
        return { msPerCustomer, tooCloseMs, isDecided, intervalMs, askedMs };
      });
      const wasSlower = isSlower();
      const { intervalMs } = pace;
      inForce = { intervalMs, askedMs, spacingMs: spacingMs(pace.msPerCustomer, busyCustomers) };
      if (isSlower() && !wasSlower)
        log.warn(
          { busyCustomers, intervalMs, askedMs },
          "usage is reported less often than Stripe's budget asks for: reports wait for a worker",
        );
    },
  };
}

/** Runs the step until stopped; it answers how long to pause. Failures pause ever longer. */
async function repeat(
  name: string,
  log: Logger,
  stopSignal: AbortSignal,
  step: () => Promise<number>,
): Promise<void> {
  let failureCount = 0;
  while (!stopSignal.aborted) {
    let pauseMs: number;
    try {
      pauseMs = await step();
      failureCount = 0;
    } catch (error) {
      failureCount += 1;
      pauseMs = backoffMs(BACKOFF, failureCount);
      log.error({ err: error, failed: failureCount, pauseMs }, `${name} failed`);
    }
    await pause(pauseMs, undefined, { signal: stopSignal }).catch(() => undefined);
  }
}
