/** Gauges of the ledger itself: whether it is there, and how far its partitions are made ahead. */
import type { Pool } from 'pg';
import type { Registry } from 'prom-client';
import { readDaysAhead } from '../db/partitions/usage-partitions';
import { atMostEvery } from './at-most-every';
import { singleGauges } from './single-gauges';

const READ_AGAIN_AFTER_MS = 30_000;

export function registerPartitions(pool: Pool, registers: Registry[]): void {
  // NaN while the database can't be reached.
  const readDays = atMostEvery(READ_AGAIN_AFTER_MS, () => readDaysAhead(pool).catch(() => NaN));
  singleGauges(registers, readDays)(
    'tollkeeper_ledger_days_ahead',
    'Days from now on for which the ledger has partitions',
    (days) => days,
  );
}

/** All else that is read from it is NaN while it is away, and no limit is beyond that. */
export function registerReachable(
  isReachable: () => Promise<boolean>,
  registers: Registry[],
): void {
  singleGauges(registers, isReachable)(
    'tollkeeper_ledger_reachable',
    'Whether this process can read the ledger: 1 or 0',
    Number,
  );
}
