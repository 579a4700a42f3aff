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
}

/** False when the customer is there already, and then nothing is changed. */
export async function insertCustomer(pool: Pool, customer: NewCustomer): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into customers (customer, email, name, plan, test_clock, trial_days, auto_upgrade)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict (customer) do nothing`,
    [
      customer.customer,
      customer.email,
      customer.name,
      customer.plan,
      customer.testClock,
      customer.trialDays,
      customer.autoUpgrade,
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
  return setOnce(pool, 'subscription_id', customer, id);
}

/** A second, different id would mean that Stripe has the customer twice: never paper over it. */
async function setOnce(
  pool: Pool,
  column: 'stripe_customer_id' | 'subscription_id',
  customer: string,
  id: string,
): Promise<void> {
  const { rowCount } = await pool.query(
    `update customers set ${column} = $2, updated_at = now()
      where customer = $1 and (${column} is null or ${column} = $2)`,
    [customer, id],
  );
  invariant(
    rowCount === 1,
    `Customer ${customer} has another ${column} than ${id} already: expected one for good.`,
  );
}
