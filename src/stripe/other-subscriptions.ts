/** Other subscriptions of a customer that bill the same usage: meters are per customer. */
import type Stripe from 'stripe';
import { CHECKOUT_METADATA_KEY } from '../core/ids';
import { readSubscriptionWhole } from './embedded-lists';
import { classifyStripeError } from './errors';
import type { PriceBook } from './price-book';

/** They were never paid, or are not paid yet: nothing is billed by them. */
const WITHOUT_EFFECT: readonly string[] = ['incomplete', 'incomplete_expired', 'canceled'];

const SUBSCRIPTIONS_MAX = 1_000;

export interface OtherSubscription {
  readonly id: string;
  /** Checkout made it. */
  readonly isOfCheckout: boolean;
}

/** Those with our prices, by their ids. Of subscriptions with other prices we know nothing. */
export async function otherSubscriptions(
  stripe: Stripe,
  priceBook: PriceBook,
  { id, among }: { readonly id: string; readonly among: readonly Stripe.Subscription[] },
): Promise<OtherSubscription[]> {
  const others: OtherSubscription[] = [];
  for (const one of among) {
    if (one.id === id || WITHOUT_EFFECT.includes(one.status)) continue;
    // Ours may be behind more items of others than a list shows.
    const { items } = one.items.has_more ? await readSubscriptionWhole(stripe, one.id) : one;
    const meanings = items.data.map(({ price }) => priceBook.learn(price));
    const isOurs = meanings.some(({ planId, rateId }) => planId ?? rateId);
    const isOfCheckout = one.metadata[CHECKOUT_METADATA_KEY] !== undefined;
    if (isOurs) others.push({ id: one.id, isOfCheckout });
  }
  return others.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Those that have ended are left out. A customer who was deleted has none. */
export async function subscriptionsOf(
  stripe: Stripe,
  customer: string,
): Promise<Stripe.Subscription[]> {
  try {
    return await stripe.subscriptions
      .list({ customer, limit: 100 })
      .autoPagingToArray({ limit: SUBSCRIPTIONS_MAX });
  } catch (error) {
    if (classifyStripeError(error)?.type === 'stripe_resource_missing') return [];
    throw error;
  }
}
