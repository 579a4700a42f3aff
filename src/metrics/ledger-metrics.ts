/** Gauges of the ledger itself: whether it is there, and how far its partitions are made ahead. */
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { readDaysAhead } from '../db/partitions/usage-partitions';
import { atMostEvery } from './at-most-every';

const READ_AGAIN_AFTER_MS = 30_000;

export function registerPartitions(pool: Pool, registers: Registry[]): void {
  // NaN while the database can't be reached.
  const days = atMostEvery(READ_AGAIN_AFTER_MS, () => readDaysAhead(pool).catch(() => NaN));
  new Gauge({
    name: 'tollkeeper_ledger_days_ahead',
    help: 'Days from now on for which the ledger has partitions',
    registers,
    async collect() {
      this.set(await days());
    },
  });
}

/** All else that is read from it is NaN while it is away, and no limit is beyond that. */
export function registerReachable(
  isReachable: () => Promise<boolean>,
  registers: Registry[],
): void {
  new Gauge({
    name: 'tollkeeper_ledger_reachable',
    help: 'Whether this process can read the ledger: 1 or 0',
    registers,
    async collect() {
      this.set(Number(await isReachable()));
    },
  });
}
