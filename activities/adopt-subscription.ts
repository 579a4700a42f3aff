/**
 * A customer who was sent to Checkout has paid: the subscription that it made becomes theirs. We
 * ask Stripe for it, so it makes no difference whose news come first, or whether any do.
 */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { PLAN_METADATA_KEY } from '../src/core/ids';
import { appendAuditEntry } from '../src/db/audit-entries';
import { findCustomer } from '../src/db/customers';
import type { Customer } from '../src/db/customers';
import { adoptSubscription as adopt } from '../src/db/customers-write';
import { checkoutSubscription, expireSession, openSessions } from '../src/stripe/checkout';

interface Deps {
  readonly pool: Pool;
  readonly stripe: Stripe;
}

/** Answers the subscription's id; null: the customer has none yet. */
export async function adoptSubscription(
  { pool, stripe }: Deps,
  customer: string,
): Promise<string | null> {
  const row = await findCustomer(pool, customer);
  if (!row) return null;
  const { subscriptionId, stripeCustomerId, awaitsCheckout } = row;
  if (subscriptionId !== null || stripeCustomerId === null || !awaitsCheckout)
    return subscriptionId;
  const subscription = await checkoutSubscription(stripe, { customer, stripeCustomerId });
  if (!subscription) return null;
  const plan = subscription.metadata[PLAN_METADATA_KEY] ?? row.plan;
  const contact = await contactOf(stripe, row, stripeCustomerId);
  const purchase = { subscriptionId: subscription.id, plan, contact };
  // Nobody shall pay a second time.
  for (const session of await openSessions(stripe, stripeCustomerId))
    await expireSession(stripe, session);
  const adoptedId = await adopt(pool, customer, purchase);
  await appendAuditEntry(pool, {
    customer,
    key: `customer:${customer}:subscribed`,
    kind: 'subscription_created',
    detail: { plan, stripeCustomerId, subscriptionId: adoptedId, by: 'checkout' },
  });
  return adoptedId;
}

/** A stranger has typed the address into Checkout's page, and Stripe has put it to the customer. */
async function contactOf(stripe: Stripe, row: Customer, stripeCustomerId: string) {
  if (row.email !== '') return row;
  const customer = await stripe.customers.retrieve(stripeCustomerId);
  if (customer.deleted) return row;
  return { email: customer.email ?? '', name: row.name ?? customer.name ?? null };
}
