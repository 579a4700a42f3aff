/**
 * A change that waits for the period's end is set aside while another is made now. Stripe prorates
 * by the base price that it finds, and that of a change to come was paid by nobody.
 */
import type Stripe from 'stripe';
import type { Catalog } from '../src/core/plans/catalog';
import {
  NEXT_CATALOG_METADATA_KEY,
  NEXT_PLAN_FROM_METADATA_KEY,
  NEXT_PLAN_METADATA_KEY,
} from '../src/core/ids';
import { planItemsChange } from '../src/stripe/subscription-items';
import type { ItemMeaning } from '../src/stripe/subscription-items';

const KEYS = [NEXT_PLAN_METADATA_KEY, NEXT_PLAN_FROM_METADATA_KEY, NEXT_CATALOG_METADATA_KEY];

export const nothingWaits: Stripe.MetadataParam = Object.fromEntries(KEYS.map((key) => [key, '']));

export const whatWaits = ({ metadata }: Stripe.Subscription): Stripe.MetadataParam =>
  Object.fromEntries(KEYS.map((key) => [key, metadata[key] ?? '']));

export interface BasePlan {
  readonly catalog: Catalog;
  readonly planId: string;
  readonly metadata: Stripe.MetadataParam;
}

/** Puts another base price in its place, which nothing is charged or credited for. */
export async function swapBase(
  stripe: Stripe,
  { subscription, items }: { subscription: Stripe.Subscription; items: readonly ItemMeaning[] },
  { catalog, planId, metadata }: BasePlan,
  options: Stripe.RequestOptions,
): Promise<void> {
  const change = await planItemsChange(stripe, catalog, items, { planId, isNow: false });
  await stripe.subscriptions.update(
    subscription.id,
    { ...(change.length > 0 && { items: change }), metadata, proration_behavior: 'none' },
    options,
  );
}
