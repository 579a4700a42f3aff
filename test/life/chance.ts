/** Chance that can be played again: orders, and news that come twice. */

/** A small generator, so that a failure can be played again by its seed. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const all = [...list];
  for (let at = all.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [all[at], all[other]] = [all[other] as T, all[at] as T];
  }
  return all;
}

export const withDuplicates = <T>(list: readonly T[], random: () => number): T[] =>
  list.flatMap((one) => (random() < 0.3 ? [one, one] : [one]));
