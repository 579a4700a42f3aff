/** What will happen next on a clock, for a person to read; the steps themselves are billing's. */
import { stepsOf } from '../billing/steps';
import type { Step } from '../billing/steps';
import type { World } from '../world';

export type Due = Pick<Step, 'at' | 'id' | 'what'>;

const PERIOD_ENDS: ReadonlySet<string> = new Set(['ends', 'renews']);

export function dueOn(world: World, testClock: string | null): Due[] {
  const steps = [...stepsOf(world, testClock)].filter((step) => step !== null);
  return steps.sort((a, b) => a.at - b.at);
}

export function nextPeriodEnd(world: World, testClock: string, time: number): number | null {
  const ends = dueOn(world, testClock).filter(({ what }) => PERIOD_ENDS.has(what));
  return ends.find(({ at }) => at > time)?.at ?? null;
}
