/**
 * How long usage waits in Temporal until a worker takes it up: a signal until the workflow counts
 * it, a report until it is sent. What this process saw stands for all of the queue.
 */
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

/** The tail tells of a queue, and a single slow one does not. */
const TAIL = 0.9;
const WAITS_MAX = 10_000;

export interface ReportWaits {
  /** Milliseconds. */
  noteSignal(waitMs: number): void;
  readonly interceptor: ActivityInterceptorsFactory;
  /** What nine of ten waited at most, and is forgotten with this. Undefined: there was nothing. */
  take(): number | undefined;
}

export function createReportWaits(now: () => number = Date.now): ReportWaits {
  let signals: number[] = [];
  let reports: number[] = [];
  const note = (waits: number[], waitMs: number) => {
    if (waits.length < WAITS_MAX) waits.push(Math.max(0, waitMs));
  };
  return {
    noteSignal: (waitMs) => note(signals, waitMs),
    interceptor: ({ info }) => {
      note(reports, now() - info.currentAttemptScheduledTimestampMs);
      return {};
    },
    take: () => {
      const waitMs =
        signals.length + reports.length === 0 ? undefined : tail(signals) + tail(reports);
      [signals, reports] = [[], []];
      return waitMs;
    },
  };
}

function tail(waits: readonly number[]): number {
  const inOrder = [...waits].sort((one, other) => one - other);
  return inOrder[Math.ceil(inOrder.length * TAIL) - 1] ?? 0;
}
