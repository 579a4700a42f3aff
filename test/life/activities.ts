/** The activities of a worker that began with this catalog, on the stage and with these books. */
import { createStripeActivities } from '../../activities';
import { createSignalledUsageActivities } from '../../activities/signalled-usage';
import type { Catalog } from '../../src/core/plans/catalog';
import type { Books } from './books';
import type { Stage } from './stage';
import type { ActivityTable } from './activity-context';

export function activitiesOn(
  { stripe, sendReport }: Stage,
  catalog: Catalog,
  books: Books,
  now: () => number,
): ActivityTable {
  const deps = {
    ...{ pool: undefined as never, stripe, catalog },
    drainLedger: async () => books.batches.length,
    ...{ takeUsage: async () => [], signalStripeEvent: async () => undefined },
    ...{ now, ...(sendReport && { sendReport }) },
  };
  const { ingestUsage } = createSignalledUsageActivities(deps);
  return { ...createStripeActivities(deps), ingestUsage, ...books.activities } as never;
}
