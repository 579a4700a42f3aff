/** A subscription that Stripe shows no more because its customer was deleted, for good. */
import type Stripe from 'stripe';
import type { PlanTerms } from '../src/core/plans/plan';
import type { Customer } from '../src/db/customers';
import { unlessGone } from '../src/stripe/errors';
import type { SubscriptionSnapshot } from '../src/core/subscription/subscription-snapshot';

/**
 * undefined says that it is gone, and so is the customer. An answer that Stripe knows no such
 * subscription does not say so by itself: the key of another account gets it, too.
 */
export async function goneWithCustomer(
  stripe: Stripe,
  { stripeCustomerId }: Pick<Customer, 'stripeCustomerId'>,
  read: () => Promise<Stripe.Subscription>,
): Promise<Stripe.Subscription | undefined> {
  const subscription = await unlessGone(read);
  if (subscription || stripeCustomerId === null) return subscription ?? read();
  const { deleted } = await stripe.customers.retrieve(stripeCustomerId);
  return deleted === true ? undefined : read();
}

/** It ended, and has no period but those that are known. */
export const goneSubscription = (
  { stripeCustomerId, autoUpgrade }: Pick<Customer, 'stripeCustomerId' | 'autoUpgrade'>,
  ended: { readonly subscriptionId: string; readonly endedAt: number; readonly terms: PlanTerms },
): SubscriptionSnapshot => ({
  ...ended,
  ...{ stripeCustomerId: stripeCustomerId ?? '', status: 'canceled', isCustomerGone: true },
  ...{ startedAt: ended.endedAt, trialEnd: null, trialStart: null },
  currentPeriod: { start: ended.endedAt, end: ended.endedAt },
  ...{ invoiceEdges: [], rateItems: {}, isLastPeriodInvoiced: null },
  standing: { nextPlan: null, cancelAt: null, collectionPaused: null, autoUpgrade },
});
