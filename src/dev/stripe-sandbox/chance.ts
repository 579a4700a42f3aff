/** Seeded chance: what is ordered "sometimes" or "in any order" is the same in every run. */
import type { World } from './world';
import type { Chance } from './objects-own';

const COMMON = 'chance';
const FIRST_SEED = 1;

export function seedCommon(world: World, seed: number): Chance {
  return world.store.put('sandbox_chance', chanceOf(COMMON, seed));
}

/** The next number from 0 up to but without 1, of an own sequence or of the one all share. */
export function nextChance(world: World, sequence: string | null): number {
  const id = sequence ?? COMMON;
  const chance = world.store.get('sandbox_chance', id) ?? chanceOf(id, FIRST_SEED);
  const { value, state } = mulberry32(chance.state);
  world.store.put('sandbox_chance', { ...chance, state });
  return value;
}

export function ownSequence(world: World, id: string, seed: number | null): string | null {
  if (seed === null) return null;
  return world.store.put('sandbox_chance', chanceOf(id, seed)).id;
}

export function shuffled<T>(world: World, sequence: string | null, items: readonly T[]): T[] {
  const order = [...items];
  for (let lastIndex = order.length - 1; lastIndex > 0; lastIndex -= 1) {
    const otherIndex = Math.floor(nextChance(world, sequence) * (lastIndex + 1));
    [order[lastIndex], order[otherIndex]] = [order[otherIndex] as T, order[lastIndex] as T];
  }
  return order;
}

function chanceOf(id: string, seed: number): Chance {
  return { id, object: 'sandbox_chance', created: 0, seed, state: seed >>> 0 };
}

/** Public domain, by Tommy Ettinger: 32 bits of state are plenty for a test's dice. */
function mulberry32(seed: number): { value: number; state: number } {
  const state = (seed + 0x6d2b79f5) >>> 0;
  let mixedBits = Math.imul(state ^ (state >>> 15), state | 1);
  mixedBits ^= mixedBits + Math.imul(mixedBits ^ (mixedBits >>> 7), mixedBits | 61);
  return { value: ((mixedBits ^ (mixedBits >>> 14)) >>> 0) / 2 ** 32, state };
}
