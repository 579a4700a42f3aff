/** Gauge of the models that the catalog says nothing of: every API tells the same. */
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Catalog } from '../core/plans/catalog';
import { stillUnknown } from '../core/plans/known-models';
import { listUnknownModels } from '../db/unknown-models';
import { atMostEvery } from './at-most-every';

const READ_AGAIN_AFTER_MS = 30_000;
const RECENT_MS = 24 * 60 * 60_000;

export function registerUnknownModels(pool: Pool, catalog: Catalog, registry: Registry): void {
  const isUnknown = stillUnknown(catalog);
  // NaN while the database can't be reached.
  const count = atMostEvery(READ_AGAIN_AFTER_MS, async () => {
    const rows = await listUnknownModels(pool).catch(() => undefined);
    const isRecent = (at: Date) => at.getTime() > Date.now() - RECENT_MS;
    return (
      rows?.filter(({ model, lastSeenAt }) => isRecent(lastSeenAt) && isUnknown(model)).length ??
      NaN
    );
  });
  new Gauge({
    name: 'tollkeeper_unknown_models',
    help: 'Models used within a day of which the catalog has no cost, and no rate but one for all',
    registers: [registry],
    async collect() {
      this.set(await count());
    },
  });
}
