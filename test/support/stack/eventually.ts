/** Waits for a condition that another process brings about, bounded, and says what it saw last. */
import { setTimeout as pause } from 'node:timers/promises';

const POLL_MS = 25;

export async function eventually<T>(
  read: () => Promise<T> | T,
  check: (value: T) => boolean,
  limitMs = 20_000,
  /** More where asking costs something. */
  pollMs = POLL_MS,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  let seen: unknown = 'nothing';
  for (;;) {
    try {
      const value = await read();
      if (check(value)) return value;
      seen = value;
    } catch (error) {
      seen = error;
    }
    if (Date.now() > deadline) {
      const text = seen instanceof Error ? seen.stack : JSON.stringify(seen);
      throw new Error(`Not within ${limitMs} ms. Last seen: ${text}`);
    }
    await pause(pollMs);
  }
}
