/**
 * A customer whose subscription has ended gets another one, under the same id. The request may be
 * repeated: it never makes two, and one that lasts is left as it is.
 */
import { findPlan } from '../../../core/plans/catalog';
import { subscriptionAfterKey } from '../../../core/ids';
import type { Customer } from '../../../db/customers';
import { replaceSubscription } from '../../../db/former-subscriptions';
import { createPlanSubscription } from '../../../stripe/customer-setup';
import type { ProvisioningDeps } from './provisioning-deps';
import { isPaidLater } from './first-payment';
import { vendorTerms } from '../vendor-terms';

type Ended = Customer & { readonly subscriptionId: string };

export const hasEnded = (row: Customer): row is Ended =>
  row.billingStatus === 'ended' && row.subscriptionId !== null;

export async function comeBack(
  deps: ProvisioningDeps,
  row: Ended,
  wish: {
    readonly stripeCustomerId: string;
    readonly plan: string;
    readonly paymentMethod: string | undefined;
  },
): Promise<void> {
  const { pool, stripe, catalog } = deps;
  const { customer, subscriptionId: formerId } = row;
  const { stripeCustomerId, paymentMethod } = wish;
  const plan = findPlan(catalog, wish.plan).id;
  const { ended_at: endedAt } = await stripe.subscriptions.retrieve(formerId);
  // What we have on record was written before somebody else brought the customer back.
  if (endedAt === null) return tellWorkflow(deps, customer, formerId);
  const vendor = await vendorTerms(pool, catalog, plan);
  // A trial is for who is new. Whether an earlier try made one is looked up at once.
  const request = { ...row, plan, trialDays: null, firstTriedAt: new Date(0), now: new Date() };
  const waits = await isPaidLater(deps, stripeCustomerId, request, paymentMethod);
  const subscription = await createPlanSubscription(
    stripe,
    catalog,
    stripeCustomerId,
    { ...request, key: subscriptionAfterKey(customer, formerId) },
    { vendor, isPaidLater: waits },
  );
  const subscriptionId = subscription.id;
  // The workflow alone says what is shown from then on: it may have heard of it before us.
  await replaceSubscription(pool, {
    ...{ customer, formerId, subscriptionId, plan },
    by: 'api',
    ...(catalog.grantsAfterEnd === 'expire' && { grantsExpireAt: endedAt }),
  });
  await tellWorkflow(deps, customer, subscriptionId);
}

/** Temporal may be down: Stripe's `customer.subscription.created` waits in the inbox and tells. */
async function tellWorkflow(
  deps: ProvisioningDeps,
  customer: string,
  subscriptionId: string,
): Promise<void> {
  try {
    await deps.readSubscriptionAgain(customer, subscriptionId);
  } catch (error) {
    deps.log.warn({ customer, subscriptionId, err: error }, 'billing workflow not told yet');
  }
}
