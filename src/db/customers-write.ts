/** Writing customers: the row comes first, Stripe's ids are added as they become known. */
import type { Pool } from 'pg';
import { invariant } from '../core/errors';

export interface NewCustomer {
  readonly customer: string;
  readonly email: string;
  readonly name: string | null;
  readonly plan: string;
  readonly testClock: string | null;
  readonly trialDays: number | null;
  readonly autoUpgrade: boolean;
  /** Absent: its subscription is made by us. */
  readonly awaitsCheckout?: boolean;
}

/** False when the customer is there already, and then nothing is changed. */
export async function insertCustomer(pool: Pool, customer: NewCustomer): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into customers (customer, email, name, plan, test_clock, trial_days, auto_upgrade,
                            awaits_checkout)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (customer) do nothing`,
    [
      customer.customer,
      customer.email,
      customer.name,
      customer.plan,
      customer.testClock,
      customer.trialDays,
      customer.autoUpgrade,
      customer.awaitsCheckout ?? false,
    ],
  );
  return rowCount === 1;
}

export async function updateContact(
  pool: Pool,
  customer: string,
  contact: { readonly email: string; readonly name: string | null },
): Promise<void> {
  await pool.query(
    `update customers set email = $2, name = $3, updated_at = now() where customer = $1`,
    [customer, contact.email, contact.name],
  );
}

export async function setAutoUpgrade(
  pool: Pool,
  customer: string,
  autoUpgrade: boolean,
): Promise<void> {
  await pool.query(
    `update customers set auto_upgrade = $2, updated_at = now() where customer = $1`,
    [customer, autoUpgrade],
  );
}

export function setStripeCustomerId(pool: Pool, customer: string, id: string): Promise<void> {
  return setOnce(pool, 'stripe_customer_id', customer, id);
}

export function setSubscriptionId(pool: Pool, customer: string, id: string): Promise<void> {
  return setOnce(pool, 'subscription_id', customer, id, ', awaits_checkout = false');
}

/** What a customer without a subscription will buy, and by what way. */
export async function setPurchase(
  pool: Pool,
  customer: string,
  purchase: { readonly plan: string; readonly trialDays: number | null; awaitsCheckout: boolean },
): Promise<void> {
  await pool.query(
    `update customers set plan = $2, trial_days = $3, awaits_checkout = $4, updated_at = now()
      where customer = $1 and subscription_id is null`,
    [customer, purchase.plan, purchase.trialDays, purchase.awaitsCheckout],
  );
}

/**
 * The subscription that Checkout has made becomes the customer's, unless they have one already: the
 * first that was found stays. Answers the one that they have then.
 */
export async function adoptSubscription(
  pool: Pool,
  customer: string,
  purchase: {
    readonly subscriptionId: string;
    readonly plan: string;
    readonly contact: { readonly email: string; readonly name: string | null };
  },
): Promise<string> {
  const { rows } = await pool.query<{ subscriptionId: string }>(
    `update customers
        set subscription_id = coalesce(subscription_id, $2),
            plan = case when subscription_id is null then $3 else plan end,
            email = case when email = '' then $4 else email end,
            name = coalesce(name, $5), awaits_checkout = false, updated_at = now()
      where customer = $1
      returning subscription_id as "subscriptionId"`,
    [
      customer,
      purchase.subscriptionId,
      purchase.plan,
      purchase.contact.email,
      purchase.contact.name,
    ],
  );
  invariant(rows[0], `Customer ${customer} vanished while they were paying.`);
  return rows[0].subscriptionId;
}

/** A second, different id would mean that Stripe has the customer twice: never paper over it. */
async function setOnce(
  pool: Pool,
  column: 'stripe_customer_id' | 'subscription_id',
  customer: string,
  id: string,
  andAlso = '',
): Promise<void> {
  const { rowCount } = await pool.query(
    `update customers set ${column} = $2${andAlso}, updated_at = now()
      where customer = $1 and (${column} is null or ${column} = $2)`,
    [customer, id],
  );
  invariant(
    rowCount === 1,
    `Customer ${customer} has another ${column} than ${id} already: expected one for good.`,
  );
}
