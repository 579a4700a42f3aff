/** A subscription's items by what they mean to us, and how they are changed. */
import type Stripe from 'stripe';
import type { Catalog } from '../core/catalog';
import {
  NEXT_PLAN_FROM_METADATA_KEY,
  NEXT_PLAN_METADATA_KEY,
  PLAN_METADATA_KEY,
} from '../core/ids';
import { idOf } from './invoice-snapshot';
import type { PriceBook } from './price-book';
import { planPriceId, ratePriceIds } from './prices';

export interface ItemMeaning {
  readonly id: string;
  readonly priceId: string;
  /** Of a plan's base price. */
  readonly planId: string | null;
  readonly rateId: string | null;
  /** Unix seconds. */
  readonly created: number;
}

export async function itemsOf(
  priceBook: PriceBook,
  subscription: Stripe.Subscription,
): Promise<ItemMeaning[]> {
  return Promise.all(
    subscription.items.data.map(async ({ id, price, created }) => ({
      id,
      priceId: idOf(price),
      created,
      ...(await priceBook.meaningOf(idOf(price))),
    })),
  );
}

/**
 * The plan of the current period. A change that waits for the period's end has the next plan's base
 * price already, because Stripe charges it in advance; any other base price tells the plan, whoever
 * put it there. A plan without base price is told by the metadata alone.
 */
export function planOf(
  subscription: Stripe.Subscription,
  items: readonly ItemMeaning[],
  usualPlan: string,
): string {
  const noted = subscription.metadata[PLAN_METADATA_KEY] ?? usualPlan;
  const next = nextPlanOf(subscription);
  const start = subscription.items.data[0]?.current_period_start ?? 0;
  const base = items.find(({ planId }) => planId !== null)?.planId;
  const isToCome = next !== null && start < next.from;
  if (isToCome && (base === undefined || base === next.planId)) return noted;
  return base ?? next?.planId ?? noted;
}

export function nextPlanOf({
  metadata,
}: Stripe.Subscription): { planId: string; from: number } | null {
  const planId = metadata[NEXT_PLAN_METADATA_KEY];
  const from = Number(metadata[NEXT_PLAN_FROM_METADATA_KEY]);
  return planId && from > 0 ? { planId, from } : null;
}

/** The base price of a plan in place of what is there. Nothing to do: no items. */
export async function baseItemChange(
  stripe: Stripe,
  catalog: Catalog,
  items: readonly ItemMeaning[],
  planId: string,
): Promise<Stripe.SubscriptionUpdateParams.Item[]> {
  const price = await planPriceId(stripe, catalog, planId);
  const base = items.find((item) => item.planId !== null);
  if (price === null) return base ? [{ id: base.id, deleted: true }] : [];
  if (!base) return [{ price }];
  return base.priceId === price ? [] : [{ id: base.id, price }];
}

/** Items for rates that the subscription lacks; those it has are left as they are. */
export async function missingRateItems(
  stripe: Stripe,
  catalog: Catalog,
  items: readonly ItemMeaning[],
  rateIds: readonly string[],
): Promise<Stripe.SubscriptionUpdateParams.Item[]> {
  const missing = rateIds.filter((rateId) => !items.some((item) => item.rateId === rateId));
  return (await ratePriceIds(stripe, catalog, missing)).map((price) => ({ price }));
}
