/** Whoever plays the drill goes on asking: what fails now may be broken on purpose. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { findLostEvents } from '../../src/temporal/lost-events-schedule';
import type { LostEventsRun } from '../../src/temporal/lost-events-schedule';

const LIMIT_MS = 240_000;
/** Longer than whatever waits itself. */
const ATTEMPT_LIMIT_MS = 180_000;
const SEARCH_LIMIT_MS = 60_000;
const PAUSE_MS = 250;

/** Whatever hangs is asked for anew: what asks again and again must not wait for ever. */
export async function within<T>(limitMs: number, what: string, asked: Promise<T>): Promise<T> {
  const late = pause(limitMs, undefined, { ref: false }).then(() => {
    throw new Error(`${what} took longer than ${limitMs / 1000} s`);
  });
  return Promise.race([asked, late]);
}

/** The search for lost webhooks, as a day brings it. */
export const search = (temporal: Client): Promise<LostEventsRun> =>
  within(SEARCH_LIMIT_MS, 'the search for lost webhooks', findLostEvents(temporal));

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
      return await within(ATTEMPT_LIMIT_MS, what, attempt());
    } catch (error) {
      if (Date.now() > deadline)
        throw new Error(`Waited ${limitMs / 1000} s in vain: ${what}. Last: ${String(error)}`);
    }
    await between(failures).catch(() => undefined);
    await pause(PAUSE_MS);
  }
}
