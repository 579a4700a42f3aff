/**
 * How a run of `billing:{customer}` ends: steps under way may finish, then they are cancelled, and
 * the run continues as new, whatever still hangs. What is given up is begun again by the next run,
 * under the same identity.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  log,
  patched,
  proxySinks,
} from '@temporalio/workflow';
import type { Sinks } from '@temporalio/workflow';
import { isAnyUntried, isCarriable } from '../src/core/usage/signalled-usage';
import type { Run } from './run';
import { REFUSED_RETRY_MS } from './proxies';
import { takeNext } from './record-usage';
import { isEndOfRun } from './until';

/** How long the end of a run waits for steps under way before it cancels them. */
const CLOSING_GRACE = '10 seconds';
/** What can't be cancelled has so long: handlers, which somebody waits for. */
const PATIENCE = '3 minutes';
/** Runs of release 0.1.0 that had begun to end by then did so without a watchdog. */
const WATCHDOG = '0.2.0-watchdog';

/** The worker counts them, and how long usage was on its way: src/metrics/run-metrics.ts. */
export interface RunSinks extends Sinks {
  runs: { cutShort(customer: string): void; usageTaken(sentAt: number): void };
}

export const { runs } = proxySinks<RunSinks>();

export interface Loops {
  readonly scope: CancellationScope;
  readonly done: Promise<void>;
}

export function runLoops(run: Run, loops: readonly ((run: Run) => Promise<void>)[]): Loops {
  const scope = new CancellationScope();
  const done = scope.run(async () => {
    await Promise.all(loops.map((loop) => loop(run)));
  });
  return { scope, done };
}

/** Waits until the run is complete. A loop that ends before fails, and this with it. */
export const untilComplete = ({ done }: Loops, isComplete: () => boolean): Promise<void> =>
  Promise.race([done, condition(isComplete)]);

export async function endRun(run: Run, { scope, done }: Loops): Promise<void> {
  run.isClosing = true;
  const isWatched = !run.isLegacy || patched(WATCHDOG);
  const isQuiet = await condition(() => run.stepsUnderWay === 0, CLOSING_GRACE);
  if (!isQuiet) scope.cancel();
  const ended = done.catch((error: unknown) => {
    if (!isCancellation(error) && !isEndOfRun(error)) throw error;
  });
  if (!isWatched) {
    await ended;
    return condition(allHandlersFinished);
  }
  await untilQuiet(run, ended);
  await untilCarriable(run);
}

async function untilQuiet(run: Run, ended: Promise<void>): Promise<void> {
  let areLoopsDone = false;
  let failure: { readonly error: unknown } | undefined;
  ended.then(
    () => (areLoopsDone = true),
    (error: unknown) => (failure = { error }),
  );
  const isOver = () => failure !== undefined || (areLoopsDone && allHandlersFinished());
  const isInTime = await condition(isOver, PATIENCE, { summary: 'until the run may end' });
  if (failure) throw failure.error;
  if (isInTime) return;
  log.error('a run of billing ends although not all of it has come to rest', {
    ...{ customer: run.state.customer, areLoopsDone, stepsUnderWay: run.stepsUnderWay },
  });
  runs.cutShort(run.state.customer);
  // Signalled usage is nowhere else yet: it would be lost.
  await condition(() => run.signalsUnderWay === 0);
}

/** What is more than the next run can be given, from signals that came meanwhile, goes first. */
async function untilCarriable(run: Run): Promise<void> {
  while (!isCarriable(run.signalled))
    if (!(await takeNext(run)) && !isAnyUntried(run.signalled))
      await condition(() => isAnyUntried(run.signalled), REFUSED_RETRY_MS);
}
