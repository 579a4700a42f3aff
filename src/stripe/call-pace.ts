/**
 * The pace of this process' calls to Stripe. Stripe counts calls, and an activity makes several:
 * https://docs.stripe.com/rate-limits. Meter events have a limit of their own there, and so here.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface CallPace {
  /** Resolves when the call may leave. Rejects at once where that would take too long. */
  turn(path: string): Promise<void>;
  /** Calls that wait for their turn. */
  waiting(): number;
}

export interface PaceOptions {
  readonly callsPerSecond: number;
  readonly meterEventsPerSecond: number;
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** So much of a second may leave at once after a pause. */
const BURST_SECONDS = 0.25;
/** Whoever asked for the call gives it up soon after: an activity has 30 seconds or more. */
const WAIT_MS_MAX = 20_000;
const METER_EVENTS = /^\/v[12]\/billing\/meter_event(s|_stream)$/;

export function createCallPace({
  callsPerSecond,
  meterEventsPerSecond,
  now = () => performance.now(),
  wait = (ms) => sleep(ms),
}: PaceOptions): CallPace {
  const calls = createLane(callsPerSecond);
  const meterEvents = createLane(meterEventsPerSecond);
  let callsWaiting = 0;
  return {
    turn: async (path) => {
      const lane = METER_EVENTS.test(path.split('?')[0] ?? '') ? meterEvents : calls;
      const ms = lane(now());
      if (ms === 0) return;
      callsWaiting += 1;
      try {
        await wait(ms);
      } finally {
        callsWaiting -= 1;
      }
    },
    waiting: () => callsWaiting,
  };
}

/** Answers how long the next call waits, and counts it; throws and counts nothing if too long. */
function createLane(perSecond: number): (nowMs: number) => number {
  const intervalMs = 1000 / perSecond;
  const burstMs = Math.max(intervalMs, BURST_SECONDS * 1000) - intervalMs;
  let nextMs = -Infinity;
  return (nowMs) => {
    const dueMs = Math.max(nextMs, nowMs);
    const waitMs = Math.max(0, dueMs - burstMs - nowMs);
    if (waitMs > WAIT_MS_MAX)
      throw new Error(
        `${Math.round(waitMs / 1000)} s of calls to Stripe wait in this process, which makes ` +
          `${perSecond} a second: this one is not added, and is tried again later.`,
      );
    nextMs = dueMs + intervalMs;
    return waitMs;
  };
}
