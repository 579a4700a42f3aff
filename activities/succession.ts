/** Somebody has begun another subscription at Stripe for a customer whose own has ended. */
import { findCustomer } from '../src/db/customers';
import { replaceSubscription } from '../src/db/former-subscriptions';
import { readSubscriptionWhole } from '../src/stripe/embedded-lists';
import { itemsOf, planOf } from '../src/stripe/subscription-items';
import type { StripeDeps } from './deps';

export interface FollowRequest {
  readonly customer: string;
  readonly formerId: string;
  /** Unix seconds at which that one ended. */
  readonly endedAt: number;
  readonly subscriptionId: string;
}

export function createSuccessionActivities({ pool, stripe, catalog, priceBook }: StripeDeps) {
  return {
    /**
     * Makes it the customer's. False says that it began before the other had ended: both have
     * billed the same usage, which is for an operator.
     */
    followSubscription: async (request: FollowRequest): Promise<boolean> => {
      const { customer, formerId, endedAt, subscriptionId } = request;
      const subscription = await readSubscriptionWhole(stripe, subscriptionId);
      const row = await findCustomer(pool, customer);
      if (!row || subscription.start_date < endedAt) return false;
      const plan = planOf(subscription, itemsOf(priceBook, subscription), row.plan);
      return replaceSubscription(pool, {
        ...{ customer, formerId, subscriptionId, plan },
        by: 'stripe',
        ...(catalog.grantsAfterEnd === 'expire' && { grantsExpireAt: endedAt }),
      });
    },
  };
}
