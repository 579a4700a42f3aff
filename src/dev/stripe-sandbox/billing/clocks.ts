/** Moving time: test clocks on demand, the account's clock with real time. */
import { change } from '../events';
import type { TestClock } from '../objects';
import { isAnnouncing } from '../webhooks';
import { accountNow } from '../world';
import type { World } from '../world';
import { forget } from '../forgetting';
import { deleteOldClocks } from './clock-end';
import { reportMeterErrors } from './meter-errors';
import { firstSteps, nextStep } from './steps';

const POLL_MS = 20;
const TICK_MS = 500;
const REST_FACTOR = 10;
const SLICE_MS = 10;

/** Runs every step up to `target` in order, at its own time, then is `ready`. */
export async function advanceClock(
  world: World,
  clock: TestClock,
  target: number,
  flush: () => void,
): Promise<void> {
  try {
    while (isRunning(world, clock)) {
      const step = nextStep(world, clock.id, target);
      if (!step) break;
      if (step.awaits !== null && (await waitUntilAnnounced(world, clock, step.awaits))) continue;
      if (!isRunning(world, clock)) return;
      clock.frozen_time = Math.max(clock.frozen_time, step.at);
      world.store.put('test_helpers.test_clock', clock);
      step.run();
      flush();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!isRunning(world, clock)) return;
    clock.frozen_time = target;
    const ready = { status: 'ready' as const, status_details: {} };
    change(world, 'test_helpers.test_clock', clock, ready, 'test_helpers.test_clock.ready');
  } catch (error) {
    if (!isRunning(world, clock)) return;
    console.error('stripe-sandbox: a test clock could not be advanced:', error);
    const failure = { status: 'internal_failure' as const, status_details: {} };
    const type = 'test_helpers.test_clock.internal_failure';
    change(world, 'test_helpers.test_clock', clock, failure, type);
  }
  flush();
}

/** A reset, a restored state, a deleted clock or the end of the sandbox ends its advance. */
function isRunning(world: World, clock: TestClock): boolean {
  return !world.isClosed && world.store.get('test_helpers.test_clock', clock.id) === clock;
}

/** True if it had to wait, so that the caller looks again at what is due. */
async function waitUntilAnnounced(
  world: World,
  clock: TestClock,
  invoiceId: string,
): Promise<boolean> {
  if (!isAnnouncing(world, invoiceId)) return false;
  const deadline = Date.now() + world.settings.deliveryWaitMs;
  while (isAnnouncing(world, invoiceId)) {
    if (!isRunning(world, clock) || Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  await pause(world.settings.draftPauseMs);
  return true;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Does now what real time made due for customers without a test clock. Of each customer only the
 * earliest is done before it is looked at what is due anew, so that hers happen in their order.
 */
export function runAccountSteps(world: World): void {
  for (const rounds = accountRounds(world); rounds.next().done !== true;) continue;
}

/** Gives after every step, so that calls can be answered in between. */
function* accountRounds(world: World): Generator<void> {
  const now = accountNow(world);
  for (let steps = firstSteps(world, now); steps.length > 0; steps = firstSteps(world, now)) {
    for (const step of steps) {
      step.run();
      yield;
    }
  }
  deleteOldClocks(world);
  reportMeterErrors(world);
  forget(world);
}

export function startAccountClock(world: World, flush: () => void): { stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const later = (pauseMs: number): void => {
    if (isStopped) return;
    timer = setTimeout(() => void tick(), pauseMs);
    timer.unref();
  };
  const tick = async (): Promise<void> => {
    let busyMs = 0;
    try {
      busyMs = await runInSlices(world, () => isStopped, flush);
    } catch (error) {
      console.error('stripe-sandbox: a step of the account clock failed:', error);
    }
    flush();
    // A look at very many customers takes long: calls come first.
    later(Math.max(TICK_MS, busyMs * REST_FACTOR));
  };
  later(TICK_MS);
  return {
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** Gives how long it took the processor away from calls. */
async function runInSlices(
  world: World,
  isStopped: () => boolean,
  flush: () => void,
): Promise<number> {
  const rounds = accountRounds(world);
  let busyMs = 0;
  for (;;) {
    const startMs = performance.now();
    let isDone = false;
    while (!isDone && performance.now() - startMs < SLICE_MS) isDone = rounds.next().done === true;
    busyMs += performance.now() - startMs;
    if (isDone || isStopped()) return busyMs;
    flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Advances that a crash interrupted go on after a restart; the target was kept with the clock. */
export function resumeAdvances(world: World, flush: () => void): void {
  for (const clock of world.store.all('test_helpers.test_clock')) {
    const target = clock.status_details.advancing as { target_frozen_time: number } | undefined;
    if (clock.status === 'advancing' && target)
      void advanceClock(world, clock, target.target_frozen_time, flush);
  }
}
