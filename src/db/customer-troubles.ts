/** Customers of whom something is overdue, unpriced or incomplete, for operators. */
import type { Pool } from 'pg';
import { IS_OVERDUE, UNPRICED } from './billing-gauges';

export interface OverduePeriod {
  readonly customer: string;
  readonly periodEnd: Date;
  readonly status: string;
}

/** Periods that ended long ago and whose invoice is not final; oldest first. */
export async function listOverduePeriods(pool: Pool, limit: number): Promise<OverduePeriod[]> {
  const { rows } = await pool.query<OverduePeriod>(
    `select period.customer, period.period_end as "periodEnd", period.status
       from billing_periods as period join customers using (customer)
      where ${IS_OVERDUE}
      order by period.period_end limit $1`,
    [limit],
  );
  return rows;
}

export async function listUnpricedUsage(
  pool: Pool,
  limit: number,
): Promise<{ readonly customer: string; readonly plan: string; readonly tokens: number }[]> {
  const { rows } = await pool.query<{ customer: string; plan: string; tokens: number }>(
    `select customer, plan, ${UNPRICED}::float8 as tokens
       from billing_periods
      where archived_at is null and ${UNPRICED} > 0
      order by tokens desc limit $1`,
    [limit],
  );
  return rows;
}

/** Somebody began to make them, an hour ago or more. */
export async function listIncompleteCustomers(
  pool: Pool,
  limit: number,
): Promise<{ readonly customer: string; readonly createdAt: Date }[]> {
  const { rows } = await pool.query<{ customer: string; createdAt: Date }>(
    `select customer, created_at as "createdAt" from customers
      where subscription_id is null and created_at < now() - interval '1 hour'
      order by created_at limit $1`,
    [limit],
  );
  return rows;
}
