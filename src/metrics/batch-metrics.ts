/** Gauge of the batches whose results nobody reads: every API tells the same. */
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { countUnreadBatches } from '../db/made-batches';
import { atMostEvery } from './at-most-every';

const READ_AGAIN_AFTER_MS = 30_000;
/** They are answered within one, and gone after thirty. */
const UNREAD_DAYS = 7;

export function registerUnreadBatches(pool: Pool, registry: Registry): void {
  // NaN while the database can't be reached.
  const count = atMostEvery(READ_AGAIN_AFTER_MS, () =>
    countUnreadBatches(pool, UNREAD_DAYS).catch(() => NaN),
  );
  new Gauge({
    name: 'tollkeeper_unread_batches',
    help: 'Batches made through the proxy a week ago or earlier whose results were not read yet',
    registers: [registry],
    async collect() {
      this.set(await count());
    },
  });
}
