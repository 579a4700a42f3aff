/** A subscription's items by what they mean to us, and how they are changed. */
import type Stripe from 'stripe';
import type { Catalog } from '../core/plans/catalog';
import { planTerms } from '../core/plans/catalog';
import { ratesFromStart } from '../core/plans/plan';
import {
  CATALOG_METADATA_KEY,
  NEXT_CATALOG_METADATA_KEY,
  NEXT_PLAN_FROM_METADATA_KEY,
  NEXT_PLAN_METADATA_KEY,
  PLAN_METADATA_KEY,
} from '../core/ids';
import { itemOfOurs } from './current-period';
import type { PriceBook } from './price-book';
import { planPriceId, ratePriceIds } from './prices';
import type { NextPlan, SoldItem } from '../core/state/remembered';

export interface ItemMeaning extends SoldItem {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
}

/** Stripe shows each item with its whole price. */
export function itemsOf(priceBook: PriceBook, subscription: Stripe.Subscription): ItemMeaning[] {
  return subscription.items.data.map(({ id, price, created, quantity = 1 }) => ({
    ...{ id, priceId: price.id, created, quantity },
    ...priceBook.learn(price),
  }));
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
  const notedPlan = subscription.metadata[PLAN_METADATA_KEY] ?? usualPlan;
  if (comingPlanOf(subscription, items)) return notedPlan;
  const base = basePlanOf(items);
  return base ?? nextPlanOf(subscription)?.planId ?? notedPlan;
}

const basePlanOf = (items: readonly ItemMeaning[]): string | undefined =>
  items.find(({ planId }) => planId !== null)?.planId ?? undefined;

/** A change that waits for the period's end, unless somebody changed the plan by hand since. */
export function comingPlanOf(
  subscription: Stripe.Subscription,
  items: readonly ItemMeaning[],
): NextPlan | null {
  const nextPlan = waitingPlanOf(subscription);
  if (nextPlan === null) return null;
  const base = basePlanOf(items);
  return base === undefined || base === nextPlan.planId ? nextPlan : null;
}

export function waitingPlanOf(subscription: Stripe.Subscription): NextPlan | null {
  const nextPlan = nextPlanOf(subscription);
  return nextPlan === null || hasBegun(subscription, nextPlan) ? null : nextPlan;
}

/**
 * A trial that ended early has brought the next period before its time, with what waited; that one
 * may also end before the trial would have. An end to come cuts a period short, and brings none.
 */
function hasBegun(subscription: Stripe.Subscription, { from }: NextPlan): boolean {
  const { status, cancel_at: cancelAt, ended_at: endedAt } = subscription;
  const { current_period_start: start = 0, current_period_end: end = 0 } =
    itemOfOurs(subscription) ?? {};
  if (start >= from) return true;
  if (status === 'trialing') return false;
  return end > from || (end < from && end !== cancelAt && endedAt === null);
}

export function nextPlanOf({ metadata }: Stripe.Subscription): NextPlan | null {
  const planId = metadata[NEXT_PLAN_METADATA_KEY];
  const start = Number(metadata[NEXT_PLAN_FROM_METADATA_KEY]);
  const version = metadata[NEXT_CATALOG_METADATA_KEY];
  return planId && start > 0
    ? { planId, from: start, ...(version && { catalogVersion: version }) }
    : null;
}

/** The version by which the current period is sold, as the subscription says. */
export function pinOf(subscription: Stripe.Subscription): string | undefined {
  const nextPlan = nextPlanOf(subscription);
  const isInForce = nextPlan !== null && hasBegun(subscription, nextPlan);
  const pin = subscription.metadata[CATALOG_METADATA_KEY];
  return (isInForce ? nextPlan.catalogVersion : undefined) ?? pin ?? undefined;
}

/**
 * What a subscription's items lack for a plan from now on, or at the period's end: then its rates
 * are added once it begins. Nothing to do: no items.
 */
export async function planItemsChange(
  stripe: Stripe,
  catalog: Catalog,
  items: readonly ItemMeaning[],
  { planId, isNow }: { readonly planId: string; readonly isNow: boolean },
): Promise<Stripe.SubscriptionUpdateParams.Item[]> {
  const change = await baseItemChange(stripe, catalog, items, planId);
  // Stripe keeps no subscription without an item, and a plan without rates has its base price only.
  const isEmptied = items.length === 1 && change.some(({ deleted }) => deleted);
  if (!isNow && !isEmptied) return change;
  const rateIds = ratesFromStart(planTerms(catalog, planId)).map(({ id }) => id);
  return [...change, ...(await missingRateItems(stripe, catalog, items, rateIds))];
}

/** The base price of a plan in place of what is there. */
async function baseItemChange(
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
  const missingRateIds = rateIds.filter((rateId) => !items.some((item) => item.rateId === rateId));
  return (await ratePriceIds(stripe, catalog, missingRateIds)).map((price) => ({ price }));
}
