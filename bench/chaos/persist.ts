/** Whoever plays the drill goes on asking: what fails now may be broken on purpose. */
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 240_000;
const PAUSE_MS = 250;

/** `between` is told each time how often it has failed. */
export async function persist<T>(
  what: string,
  attempt: () => Promise<T>,
  between: (failures: number) => Promise<unknown> = async () => undefined,
  limitMs = LIMIT_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`Waited ${limitMs / 1000} s in vain: ${what}. Last: ${String(error)}`);
    }
    await between(failures).catch(() => undefined);
    await pause(PAUSE_MS);
  }
}
