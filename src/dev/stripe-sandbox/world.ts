/** What every part of the sandbox shares: the store, the settings, the clocks, the way to emit. */
import type { Customer } from './objects';
import type { RecordCall } from './recorder';
import type { Store } from './store';

export const API_VERSION = '2026-10-28.endive';

export interface Settings {
  webhookRetryDelaysMs: readonly number[];
  /** How long a meter event stays invisible in summaries. */
  summaryLagMs: number;
  /** How long a meter's errors are gathered before they are reported. */
  meterErrorDelayMs: number;
  meterCallsPerSecond: number;
  /** How long an advancing clock waits for `invoice.created` to be delivered. */
  deliveryWaitMs: number;
  /** How long it then stands still: Stripe's take seconds, which is time to answer a draft. */
  draftPauseMs: number;
  /** How long a card payment stays pending before it is available. */
  fundsDelayS: number;
  realNowMs: () => number;
}

export interface Cause {
  id: string | null;
  idempotency_key: string | null;
}

/** What is going on at this moment; nothing of it outlives the process. */
export interface Traffic {
  /** Calls of the Stripe API under way. */
  executing: number;
  /** Meter and customer whose event is being taken right now. */
  busy: Set<string>;
  /** Meter events taken in the current second of real time. */
  meterCalls: { second: number; count: number };
}

export function quiet(): Traffic {
  return { executing: 0, busy: new Set(), meterCalls: { second: 0, count: 0 } };
}

export interface World {
  store: Store;
  settings: Settings;
  /** The request being executed; events name it. */
  cause: Cause;
  /** Notes a call or a webhook for those who check them later. */
  record: RecordCall;
  /** Sends a delivery that was just stored. */
  deliver: (deliveryId: string) => void;
  traffic: Traffic;
  /** Whoever called last reaches the sandbox there, and so will a browser. */
  origin: string;
  isClosed: boolean;
}

/** Real time, in seconds: the clock of the account and of customers without a test clock. */
export function accountNow(world: World): number {
  return Math.floor(world.settings.realNowMs() / 1000);
}

export function clockNow(world: World, testClock: string | null): number {
  if (testClock === null) return accountNow(world);
  const clock = world.store.get('test_helpers.test_clock', testClock);
  return clock ? clock.frozen_time : accountNow(world);
}

export function customerNow(world: World, customer: Customer): number {
  return clockNow(world, customer.test_clock);
}
