/** Reading customers. Writing them is `customers-write.ts`. */
import type { Pool, PoolClient } from 'pg';
import type { BillingStatus } from '../core/state/billing-state';
import { isStorable } from '../core/text';
import type { DunningAccess } from '../core/state/remembered';

export interface Customer {
  readonly customer: string;
  readonly email: string;
  readonly name: string | null;
  readonly plan: string;
  readonly testClock: string | null;
  readonly stripeCustomerId: string | null;
  readonly subscriptionId: string | null;
  readonly billingStatus: BillingStatus;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
  /** The customer asked to be upgraded rather than throttled. */
  readonly autoUpgrade: boolean;
  readonly trialDays: number | null;
  readonly nextPlan: string | null;
  readonly nextPlanFrom: Date | null;
  readonly cancelAt: Date | null;
  readonly collectionPaused: string | null;
  readonly dunningAccess: DunningAccess | null;
  /** Its subscription is made by Stripe's Checkout, and is not there yet. */
  readonly awaitsCheckout: boolean;
  /** The first second that is billed by us, of a subscription that was there before. Null: all. */
  readonly billedFrom: Date | null;
  readonly createdAt: Date;
}

export const SELECT_CUSTOMERS = `
  select customer, email, name, plan, test_clock as "testClock",
         stripe_customer_id as "stripeCustomerId", subscription_id as "subscriptionId",
         billing_status as "billingStatus", period_start as "periodStart",
         period_end as "periodEnd", auto_upgrade as "autoUpgrade",
         trial_days as "trialDays", next_plan as "nextPlan",
         next_plan_from as "nextPlanFrom", cancel_at as "cancelAt",
         collection_paused as "collectionPaused", dunning_access as "dunningAccess",
         awaits_checkout as "awaitsCheckout", billed_from as "billedFrom", created_at as "createdAt"
    from customers`;

export async function findCustomer(
  db: Pool | PoolClient,
  customer: string,
): Promise<Customer | undefined> {
  // The database refuses to look for text that it can't hold.
  if (!isStorable(customer)) return undefined;
  const { rows } = await db.query<Customer>(`${SELECT_CUSTOMERS} where customer = $1`, [customer]);
  return rows[0];
}

export async function findCustomerAtStripe(
  db: Pool | PoolClient,
  stripeCustomerId: string,
): Promise<Customer | undefined> {
  const { rows } = await db.query<Customer>(`${SELECT_CUSTOMERS} where stripe_customer_id = $1`, [
    stripeCustomerId,
  ]);
  return rows[0];
}

/** Whose these subscriptions are, by subscription id; those of strangers are left out. */
export async function findCustomersOfSubscriptions(
  db: Pool | PoolClient,
  subscriptions: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ customer: string; subscription: string }>(
    `select customer, subscription_id as subscription from customers
      where subscription_id = any($1::text[])
     union all
     select customer, subscription_id from former_subscriptions
      where subscription_id = any($1::text[])`,
    [subscriptions.filter(isStorable)],
  );
  return new Map(rows.map(({ customer, subscription }) => [subscription, customer]));
}

/** Every customer, a page at a time, in the order of their ids. */
export async function* allCustomers(db: Pool, pageSize = 500): AsyncGenerator<Customer> {
  for (let cursor = ''; ;) {
    const { rows } = await db.query<Customer>(
      `${SELECT_CUSTOMERS} where customer > $1 order by customer limit $2`,
      [cursor, pageSize],
    );
    yield* rows;
    const lastRow = rows.at(-1);
    if (!lastRow || rows.length < pageSize) return;
    cursor = lastRow.customer;
  }
}

/**
 * The test clock (or null) of each of these customers that exists. Usage of who is observed before
 * they become a customer is taken as well.
 */
export async function findTestClocks(
  db: Pool | PoolClient,
  customers: readonly string[],
): Promise<Map<string, string | null>> {
  const { rows } = await db.query<{ customer: string; test_clock: string | null }>(
    `select customer, test_clock from customers where customer = any($1::text[])
     union all
     select customer, test_clock from imports
      where customer = any($1::text[]) and phase in ('observed', 'waiting')`,
    [customers],
  );
  return new Map(rows.map((row) => [row.customer, row.test_clock]));
}
