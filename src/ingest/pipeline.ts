/**
 * The loops behind the ledger, the inbox and the outbox: sealing, forwarding to the workflows, and
 * delivering what they tell. Any process may run them.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { backoffMs } from '../core/backoff';
import { createForwarder } from './forwarder';
import { sealOnce } from './sealing';
import type { ReadMeterErrors } from './meter-error-reports';
import { forwardStripeEventsOnce } from './stripe-event-forwarder';
import type { ReadChargeCustomer } from './stripe-event-forwarder';
import type { VendorAccountEventDeps } from './vendor-account-events';
import type { WorkflowSignals } from './forwarder';

const FORWARD_POLL_MS = 50;
const STRIPE_EVENTS_POLL_MS = 100;
const DELIVER_POLL_MS = 500;
const BACKOFF = { minMs: 200, maxMs: 10_000 };

export interface PipelineDeps extends VendorAccountEventDeps {
  readonly pool: Pool;
  readonly log: Logger;
  readonly signals: WorkflowSignals;
  /** Handed in, since it comes from `src/stripe`, which the pipeline doesn't import. */
  readonly readMeterErrors: ReadMeterErrors;
  readonly readChargeCustomer: ReadChargeCustomer;
  /** Delivers notifications; handed in, since it comes from `src/notify`. */
  readonly deliverer: { deliverDue(): Promise<number>; untilIdle(): Promise<void> };
  readonly config: { readonly SEAL_INTERVAL_MS: number; readonly FORWARD_INTERVAL_MS: number };
}

export interface Pipeline {
  /** Waits for the steps in flight. */
  stop(): Promise<void>;
}

export function startPipeline(deps: PipelineDeps): Pipeline {
  const { pool, log, signals, deliverer, config } = deps;
  const stopping = new AbortController();
  const forwarder = createForwarder({ pool, log, signals, intervalMs: config.FORWARD_INTERVAL_MS });
  const loops = [
    repeat('sealing', log, stopping.signal, async () => {
      const { more, quarantined } = await sealOnce(pool);
      if (quarantined) log.error({ quarantined }, 'usage events that no batch can hold');
      return more ? 0 : config.SEAL_INTERVAL_MS;
    }),
    repeat('forwarding usage', log, stopping.signal, async () => {
      await forwarder.forwardDue();
      return FORWARD_POLL_MS;
    }),
    repeat('forwarding Stripe events', log, stopping.signal, async () => {
      const taken = await forwardStripeEventsOnce(deps);
      return taken > 0 ? 0 : STRIPE_EVENTS_POLL_MS;
    }),
    repeat('delivering notifications', log, stopping.signal, async () => {
      await deliverer.deliverDue();
      return DELIVER_POLL_MS;
    }),
  ];
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
      await Promise.all([forwarder.untilIdle(), deliverer.untilIdle()]);
    },
  };
}

/** Runs the step until stopped; it answers how long to pause. Failures pause ever longer. */
async function repeat(
  name: string,
  log: Logger,
  stopping: AbortSignal,
  step: () => Promise<number>,
): Promise<void> {
  let failed = 0;
  while (!stopping.aborted) {
    let pauseMs: number;
    try {
      pauseMs = await step();
      failed = 0;
    } catch (error) {
      failed += 1;
      pauseMs = backoffMs(BACKOFF, failed);
      log.error({ err: error, failed, pauseMs }, `${name} failed`);
    }
    await pause(pauseMs, undefined, { signal: stopping }).catch(() => undefined);
  }
}
