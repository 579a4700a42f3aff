/** Reading the periods that the billing workflow has written down. */
import type { Pool } from 'pg';
import type { PlanTerms } from '../core/plans/plan';
import type { Statement } from '../core/invoices/statement';

export interface BillingPeriod {
  readonly start: Date;
  readonly end: Date;
  readonly plan: string;
  readonly terms: PlanTerms;
  readonly statement: Statement;
  /** It is paid and final since then. */
  readonly archivedAt: Date | null;
}

/** The latest come first. */
export async function listBillingPeriods(
  pool: Pool,
  customer: string,
  limit: number,
): Promise<BillingPeriod[]> {
  const { rows } = await pool.query<BillingPeriod>(
    `select period_start as start, period_end as end, plan, terms, statement,
            archived_at as "archivedAt"
       from billing_periods where customer = $1 order by period_start desc limit $2`,
    [customer, limit],
  );
  return rows;
}

/** Those that have an invoice, the latest first; `before`: only those that began before it. */
export async function listInvoicedPeriods(
  pool: Pool,
  customer: string,
  page: { readonly before?: Date; readonly limit: number },
): Promise<BillingPeriod[]> {
  const { rows } = await pool.query<BillingPeriod>(
    `select period_start as start, period_end as end, plan, terms, statement,
            archived_at as "archivedAt"
       from billing_periods
      where customer = $1 and ($2::timestamptz is null or period_start < $2)
        and statement->>'invoice' is not null
      order by period_start desc limit $3`,
    [customer, page.before ?? null, page.limit],
  );
  return rows;
}

export async function findBillingPeriod(
  pool: Pool,
  customer: string,
  start: Date,
): Promise<BillingPeriod | undefined> {
  const { rows } = await pool.query<BillingPeriod>(
    `select period_start as start, period_end as end, plan, terms, statement,
            archived_at as "archivedAt"
       from billing_periods where customer = $1 and period_start = $2`,
    [customer, start],
  );
  return rows[0];
}
