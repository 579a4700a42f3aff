/** Gauge of the partitions that are made ahead: every API tells the same. */
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
