/** Tells in the log which session holds sealing up, while it does. */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { describeHolder, endingOf, readSealingHolders } from '../db/sealing-holders';

/** A pass takes a second; one that lasts for longer waits for somebody. */
export const PASS_SECONDS_MAX = 15;
/** So often it is looked, so that a session is named within a minute. */
export const WATCH_INTERVAL_MS = 15_000;

/** Looks once, and writes a line for each session in the way. */
export async function watchSealing(
  pool: Pool,
  log: Pick<Logger, 'warn'>,
  passSecondsMax = PASS_SECONDS_MAX,
): Promise<void> {
  const { passSeconds, holders } = await readSealingHolders(pool);
  if (passSeconds <= passSecondsMax) return;
  for (const holder of holders)
    log.warn(
      { holder, heldUpSeconds: Math.round(passSeconds), remedy: endingOf(holder) },
      `sealing is held up by ${describeHolder(holder)}`,
    );
}
