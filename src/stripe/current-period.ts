/** The period that a subscription is in: Stripe keeps it on the items, all of ours alike. */
import type Stripe from 'stripe';
import { DomainError } from '../core/errors';
import type { Period } from '../core/period';
import { meaningOfPrice } from './price-book';

export function currentPeriodOf(subscription: Stripe.Subscription): Period {
  const item = itemOfOurs(subscription);
  if (!item) throw new DomainError('stripe_error', `Subscription ${subscription.id} has no items.`);
  return { start: item.current_period_start, end: item.current_period_end };
}

/** Somebody may have added an item of another interval, whose period is another one. */
export const itemOfOurs = ({
  items: { data },
}: Stripe.Subscription): Stripe.SubscriptionItem | undefined => data.find(isOurs) ?? data[0];

function isOurs({ price }: Stripe.SubscriptionItem): boolean {
  const { rateId, planId } = meaningOfPrice(price);
  return rateId !== null || planId !== null;
}
