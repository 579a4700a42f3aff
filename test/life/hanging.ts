/** How an activity without an answer ends: with the timeouts that its proxy has. */
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { milliseconds } from './durations';

export interface Timeouts {
  readonly startToCloseTimeout?: string;
  /** None: it is tried until it answers. */
  readonly scheduleToCloseTimeout?: string;
  readonly retry?: { readonly maximumAttempts?: number };
}

/** Whether Temporal tries no more after this attempt, which failed. */
export function isTriedOut(
  { attempt, ms }: { readonly attempt: number; readonly ms: number },
  { scheduleToCloseTimeout: all, retry }: Timeouts,
): boolean {
  if (attempt >= (retry?.maximumAttempts ?? Infinity)) return true;
  // Without a limit it would be tried for ever: here it is a bug of the test.
  return all === undefined ? attempt >= ATTEMPTS_MAX : ms >= milliseconds(all);
}

const ATTEMPTS_MAX = 50;

/** For how long the workflow hears nothing, and whether Temporal gives the activity up by then. */
export function hangsFor(ms: number, timeouts: Timeouts) {
  const { scheduleToCloseTimeout: all = Infinity, startToCloseTimeout: one = Infinity } = timeouts;
  const attempts = timeouts.retry?.maximumAttempts ?? Infinity;
  const patience = Math.min(milliseconds(all), attempts * milliseconds(one));
  return { ms: Math.min(ms, patience), isGivenUp: ms > patience };
}

export const unanswered = (name: string): TimeoutFailure =>
  new TimeoutFailure(`${name} has not answered`, undefined, 'SCHEDULE_TO_CLOSE');

export const failureOf = (name: string, activityId: string, error: unknown): ActivityFailure =>
  new ActivityFailure('an activity failed', name, activityId, 'TIMEOUT', '', error as Error);
