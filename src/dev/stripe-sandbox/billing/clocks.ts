/** Moving time: test clocks on demand, the account's clock with real time. */
import { change } from '../events';
import type { TestClock } from '../objects';
import { isAnnouncing } from '../webhooks';
import { accountNow } from '../world';
import type { World } from '../world';
import { forget } from '../forgetting';
import { deleteOldClocks } from './clock-end';
import { reportMeterErrors } from './meter-errors';
import { nextStep } from './steps';

const POLL_MS = 20;
const TICK_MS = 500;
const NO_HOLD = { skipAwaiting: false };

/** Runs every step up to `target` in order, at its own time, then is `ready`. */
export async function advanceClock(
  world: World,
  clock: TestClock,
  target: number,
  flush: () => void,
): Promise<void> {
  try {
    while (isRunning(world, clock)) {
      const step = nextStep(world, clock.id, target, NO_HOLD);
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

/** Does now what real time made due for customers without a test clock. */
export function runAccountSteps(world: World): void {
  const now = accountNow(world);
  for (;;) {
    const step = nextStep(world, null, now, { skipAwaiting: true });
    if (!step) break;
    step.run();
  }
  deleteOldClocks(world);
  reportMeterErrors(world);
  forget(world);
}

export function startAccountClock(world: World, flush: () => void): { stop: () => void } {
  const timer = setInterval(() => {
    try {
      runAccountSteps(world);
    } catch (error) {
      console.error('stripe-sandbox: a step of the account clock failed:', error);
    }
    flush();
  }, TICK_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Advances that a crash interrupted go on after a restart; the target was kept with the clock. */
export function resumeAdvances(world: World, flush: () => void): void {
  for (const clock of world.store.all('test_helpers.test_clock')) {
    const target = clock.status_details.advancing as { target_frozen_time: number } | undefined;
    if (clock.status === 'advancing' && target)
      void advanceClock(world, clock, target.target_frozen_time, flush);
  }
}
