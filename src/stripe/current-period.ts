/** The period that a subscription is in: Stripe keeps it on the items, all alike in our plans. */
import type Stripe from 'stripe';
import { DomainError } from '../core/errors';
import type { Period } from '../core/period';

export function currentPeriodOf(subscription: Stripe.Subscription): Period {
  const item = subscription.items.data[0];
  if (!item) throw new DomainError('stripe_error', `Subscription ${subscription.id} has no items.`);
  return { start: item.current_period_start, end: item.current_period_end };
}
