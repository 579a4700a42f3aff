/**
 * One step of a billing run. A refusal (by Stripe, by the database, by a day without an answer)
 * becomes an exception that names its subject, and the step is tried again after five minutes, or
 * when an operator says so. Success closes the exception. Cancellations pass, and so do bugs, which
 * fail the workflow task and wait for a fix.
 */
import type { Duration } from '@temporalio/common';
import { isFullOfExceptions } from '../src/core/state-bounds';
import { hintSubscription } from '../src/core/state/hints';
import type { Run } from './run';
import { closeException, isExceptionOpen, openException, step, become } from './run';
import { REFUSED_RETRY_MS } from './proxies';
import { isEndOfRun, until } from './until';
import { isRefusal, isOfRecords, isOfMissing, causeOf } from './failures';
import type { ExceptionKind } from '../src/core/state/remembered';

export interface Errand {
  /** The kind of the exception; it is `record_refused` where our database refuses. */
  readonly kind?: ExceptionKind;
  readonly subject: string;
  /** How the exception's message begins: what failed. */
  readonly what: string;
  /** Something else of the same subject is refused still: one success does not close it. */
  readonly isOpenStill?: () => boolean;
}

/**
 * Answers whether it was done. If not, it waits until it is worth trying again, or until there is
 * nothing left to be done: then nothing is told of it any more.
 */
export async function attempt(
  run: Run,
  errand: Errand,
  work: () => Promise<unknown>,
  isOver: () => boolean = () => false,
  pause?: Duration,
): Promise<boolean> {
  const isDone = await tryOnce(run, errand, work);
  if (isDone) return true;
  await untilWorthTryingAgain(run, errand, isOver, pause);
  if (isOver()) closeErrand(run, errand);
  return false;
}

/** Does the same without the wait, for who has something better to do meanwhile. */
export async function tryOnce(
  run: Run,
  errand: Errand,
  work: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await step(run, work);
    if (!errand.isOpenStill?.()) closeErrand(run, errand);
    return true;
  } catch (error) {
    if (isEndOfRun(error)) return false;
    if (!isRefusal(error)) throw error;
    const { kind = 'stripe_refused', subject, what } = errand;
    // It may be the customer that is gone at Stripe: the subscription tells.
    if (isOfMissing(error) && !run.isLegacy && subject !== run.state.subscriptionId)
      become(run, hintSubscription(run.state));
    openException(run, {
      kind: isOfRecords(error) ? 'record_refused' : kind,
      ...{ subject, message: `${what}: ${causeOf(error)}` },
    });
    return false;
  }
}

/** There is nothing to be tried again any more. */
export function closeErrand(run: Run, { kind, subject }: Pick<Errand, 'kind' | 'subject'>): void {
  closeException(run, kind ?? 'stripe_refused', subject);
  closeException(run, 'record_refused', subject);
}

export const isRefused = (run: Run, { kind, subject }: Errand): boolean =>
  isExceptionOpen(run, kind ?? 'stripe_refused', subject) ||
  isExceptionOpen(run, 'record_refused', subject);

/** Waits until an operator says `retry`, something better comes up, or the pause is over. */
export async function untilWorthTryingAgain(
  run: Run,
  errand: Errand,
  isBetter: () => boolean = () => false,
  pause: Duration = REFUSED_RETRY_MS,
): Promise<void> {
  // Among very many it is not listed, and waits all the same.
  const isListed = !isFullOfExceptions(run.state) || isRefused(run, errand);
  const isRetried = () => isListed && !isRefused(run, errand);
  await until(run, () => isRetried() || isBetter(), pause, {
    summary: `${errand.subject}: until what was refused is tried again`,
  });
}
