/** Seeded chance: with the same seed, every run draws the same. */

/** Mulberry32, which is public domain: each call gives a number from 0 up to but without 1. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const ID_LENGTH = 29;

/** Ids as OpenAI gives them: random text after a word, so that no two lie beside each other. */
export function randomIds(random: () => number): () => string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return () => `chatcmpl-${(word() + word() + word() + word()).slice(0, ID_LENGTH)}`;
}
