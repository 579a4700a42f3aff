/** Which session holds sealing up, for an alert that says so. */
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { readSealingHolders } from '../db/sealing-holders';
import { atMostEvery } from './at-most-every';

const READ_AGAIN_AFTER_MS = 5_000;
/** Shorter passes are none to speak of, and would be a series each. */
const SHOWN_FROM_SECONDS = 5;

export function registerSealingHolders(
  pool: Pool,
  registers: Registry[],
  shownFromSeconds = SHOWN_FROM_SECONDS,
): void {
  const reading = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    readSealingHolders(pool).catch(() => ({ passSeconds: 0, holders: [] })),
  );
  new Gauge({
    name: 'tollkeeper_sealing_held_up_seconds',
    help: 'For how long a session has held sealing up, by who it is',
    labelNames: ['pid', 'user', 'application'] as const,
    registers,
    async collect() {
      const { passSeconds, holders } = await reading();
      this.reset();
      if (passSeconds < shownFromSeconds) return;
      for (const { pid, preparedAs, user, applicationName } of holders)
        this.set(
          { pid: preparedAs ?? String(pid), user, application: applicationName },
          passSeconds,
        );
    },
  });
}
