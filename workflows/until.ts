/**
 * Where a billing run waits: nowhere else, and every wait ends when the run closes. What it waits
 * for may never come in this run, because the loop that would bring it has ended; the next begins
 * the step again (docs/explain/decisions/0023-no-refusal-ends-a-loop.md).
 */
import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import type { Run } from './run';

interface WaitOptions {
  /** Operators read it in the Temporal UI. */
  readonly summary?: string;
}

/**
 * Waits until it is met, or patience or the run ends; false where it is patience. The promise is
 * Temporal's own: one more step on its way would change the order of what several loops begin at
 * once.
 */
export const until = (
  run: Run,
  isMet: () => boolean,
  patience?: Duration,
  options?: WaitOptions,
): Promise<boolean> => waitFor(() => run.isClosing || isMet(), patience, options);

/**
 * Waits the same, where a step can't go on without: the end of the run ends the step, and an update
 * fails with a code that its sender repeats against the next run. False says that patience ended
 * before.
 */
export function untilOrEnd(
  run: Run,
  isMet: () => boolean,
  patience?: Duration,
  options?: WaitOptions,
): Promise<boolean> {
  // Release 0.1.0 waited on. Its steps are cancelled when the run ends, its handlers given up.
  if (run.isLegacy) return waitFor(isMet, patience, options);
  return waitFor(() => run.isClosing || isMet(), patience, options).then(() => {
    if (!isMet() && run.isClosing)
      throw ApplicationFailure.create({ message: RUN_ENDS, type: 'run_ended' });
    return isMet();
  });
}

const RUN_ENDS = 'This run of the workflow ends before that is done: the next one begins it again.';

export const isEndOfRun = (error: unknown): boolean =>
  error instanceof ApplicationFailure && error.type === 'run_ended';

const waitFor = (
  isMet: () => boolean,
  patience?: Duration,
  options: WaitOptions = {},
): Promise<boolean> =>
  patience === undefined
    ? (condition(isMet) as Promise<unknown> as Promise<boolean>)
    : condition(isMet, patience, options);
