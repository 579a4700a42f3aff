/** Reading customers. Writing them is `customers-write.ts`. */
import type { Pool, PoolClient } from 'pg';
import type { BillingStatus } from '../core/billing-state';

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
  readonly createdAt: Date;
}

export async function findCustomer(
  db: Pool | PoolClient,
  customer: string,
): Promise<Customer | undefined> {
  const { rows } = await db.query<Customer>(
    `select customer, email, name, plan, test_clock as "testClock",
            stripe_customer_id as "stripeCustomerId", subscription_id as "subscriptionId",
            billing_status as "billingStatus", period_start as "periodStart",
            period_end as "periodEnd", created_at as "createdAt"
       from customers where customer = $1`,
    [customer],
  );
  return rows[0];
}

/** The test clock (or null) of each of these customers that exists. */
export async function findTestClocks(
  db: Pool | PoolClient,
  customers: readonly string[],
): Promise<Map<string, string | null>> {
  const { rows } = await db.query<{ customer: string; test_clock: string | null }>(
    'select customer, test_clock from customers where customer = any($1::text[])',
    [customers],
  );
  return new Map(rows.map((row) => [row.customer, row.test_clock]));
}
