/** Brings a subscription's items, and what it says of itself, to what its periods are billed by. */
import {
  CATALOG_METADATA_KEY,
  NEXT_CATALOG_METADATA_KEY,
  NEXT_PLAN_FROM_METADATA_KEY,
  NEXT_PLAN_METADATA_KEY,
  PLAN_METADATA_KEY,
  subscriptionChangeKey,
} from '../src/core/ids';
import { readSubscriptionWhole } from '../src/stripe/embedded-lists';
import {
  itemsOf,
  missingRateItems,
  nextPlanOf,
  waitingPlanOf,
} from '../src/stripe/subscription-items';
import { attemptKey } from './attempt-key';
import type { StripeDeps } from './deps';
import { createSoldCatalogs } from './sold-catalog';

interface PinRequest {
  readonly customer: string;
  readonly subscriptionId: string;
  readonly planId: string;
  readonly catalogVersion: string;
}

interface ArrangeRequest {
  readonly customer: string;
  readonly subscriptionId: string;
  readonly missing: readonly string[];
  readonly superfluous: readonly string[];
  /** Rates whose item has another version's price: an item of this version takes its place. */
  readonly outdated?: readonly string[];
  /** The plan and its catalog version. Absent means today's catalog. */
  readonly planId?: string;
  readonly catalogVersion?: string;
}

interface ItemTools extends Pick<StripeDeps, 'stripe' | 'priceBook'> {
  readonly catalogs: ReturnType<typeof createSoldCatalogs>;
}

export function createSubscriptionItemActivities({ pool, stripe, catalog, priceBook }: StripeDeps) {
  const tools: ItemTools = {
    stripe,
    priceBook,
    catalogs: createSoldCatalogs({ pool, catalog }),
  };
  return {
    pinCatalog: (request: PinRequest): Promise<void> => pinCatalog(tools, request),
    arrangeItems: (request: ArrangeRequest): Promise<void> => arrangeItems(tools, request),
  };
}

/** Makes the subscription itself say by which catalog version it was sold. */
async function pinCatalog(
  { stripe }: ItemTools,
  { subscriptionId, planId, catalogVersion }: PinRequest,
): Promise<void> {
  const subscription = await readSubscriptionWhole(stripe, subscriptionId);
  const isOver = nextPlanOf(subscription) !== null && waitingPlanOf(subscription) === null;
  await stripe.subscriptions.update(
    subscriptionId,
    {
      metadata: {
        [CATALOG_METADATA_KEY]: catalogVersion,
        ...(isOver && {
          [PLAN_METADATA_KEY]: planId,
          [NEXT_PLAN_METADATA_KEY]: '',
          [NEXT_PLAN_FROM_METADATA_KEY]: '',
          [NEXT_CATALOG_METADATA_KEY]: '',
        }),
      },
    },
    options(subscriptionId, `pin:${catalogVersion}`),
  );
}

/** Gives it an item for each rate that periods are billed by, and for no other. */
async function arrangeItems(
  { stripe, priceBook, catalogs }: ItemTools,
  request: ArrangeRequest,
): Promise<void> {
  const { subscriptionId, missing, superfluous, outdated = [], planId } = request;
  const items = itemsOf(priceBook, await readSubscriptionWhole(stripe, subscriptionId));
  const soldVersion =
    planId === undefined
      ? catalogs.current
      : await catalogs.soldBy([request.catalogVersion], planId, items);
  const leaving = [...superfluous, ...outdated];
  const staying = items.filter(({ rateId }) => !rateId || !outdated.includes(rateId));
  const rateIds = [...missing, ...outdated];
  const added = await missingRateItems(stripe, soldVersion.catalog, staying, rateIds);
  const removed = items
    .filter(({ rateId }) => rateId !== null && leaving.includes(rateId))
    .map(({ id }) => ({ id, deleted: true as const }));
  if (added.length + removed.length === 0) return;
  await stripe.subscriptions.update(
    subscriptionId,
    { items: [...added, ...removed], proration_behavior: 'none' },
    options(subscriptionId, `items:${[...rateIds, ...superfluous].join('+')}`),
  );
}

/** An attempt begins by looking, so that the next one has a key of its own. */
const options = (subscriptionId: string, request: string) => ({
  idempotencyKey: attemptKey(subscriptionChangeKey(subscriptionId, request)),
});
