/**
 * What operators watch besides the pipeline: reports, drafts, unpriced usage, reconciliation,
 * unpaid customers, vendors.
 */
import type { Pool } from 'pg';

export interface BillingGauges {
  /** Billable tokens that Stripe has not acknowledged, or too many, in periods at rest. */
  readonly unreportedTokens: number;
  /** Usage of open periods that no rate prices and nobody has given up. */
  readonly unpricedTokens: number;
  /** Periods that ended hours ago and whose invoice is not final. */
  readonly overduePeriods: number;
  /** null means that it never ran. */
  readonly reconciliationAgeSeconds: number | null;
  readonly stripeEventsWaiting: number;
  /** Age of the one that has waited longest. */
  readonly stripeEventsWaitingSeconds: number;
  readonly unpaid: readonly { readonly access: string; readonly customers: number }[];
  readonly vendors: readonly VendorGauges[];
}

export interface VendorGauges {
  readonly vendor: string;
  readonly owedCents: number;
  /** Charges of which more, or less, is to be moved. */
  readonly waiting: number;
}

/** A report takes seconds: what is different for so long is no report under way. */
const AT_REST = '5 minutes';

/** Stripe finalizes a draft an hour after it told of it; a closing that goes well is done then. */
export const DRAFT_PATIENCE = '3 hours';

/**
 * The period ended long ago and its invoice is not final, in `billing_periods as period join
 * customers`.
 */
export const IS_OVERDUE = `archived_at is null and status in ('open', 'closing', 'reconciled')
             and period.period_end < now() - interval '${DRAFT_PATIENCE}'
             and test_clock is null and collection_paused is null`;

/** Tokens of a row of `billing_periods` that no rate prices and that nobody has given up. */
export const UNPRICED = `((statement->>'unpricedTokens')::bigint
    - coalesce((statement->>'writtenOffTokens')::bigint, 0))`;

const READ = `
  select (select coalesce(sum(abs((rate->>'tokens')::bigint - (rate->>'reportedTokens')::bigint)), 0)
            from billing_periods, jsonb_array_elements(statement->'rates') as rate
           where archived_at is null and updated_at < now() - interval '${AT_REST}')::float8
           as "unreportedTokens",
         (select coalesce(sum(${UNPRICED}), 0)
            from billing_periods where archived_at is null)::float8 as "unpricedTokens",
         (select count(*) from billing_periods as period join customers using (customer)
           where ${IS_OVERDUE})::float8 as "overduePeriods",
         (select extract(epoch from clock_timestamp() - max(listed_until))
            from stripe_event_cursor)::float8 as "reconciliationAgeSeconds",
         (select count(*) from stripe_events where status = 'waiting')::float8
           as "stripeEventsWaiting",
         (select coalesce(extract(epoch from clock_timestamp() - min(received_at)), 0)
            from stripe_events where status = 'waiting')::float8 as "stripeEventsWaitingSeconds",
         (select coalesce(jsonb_agg(row), '[]') from (
            select dunning_access as access, count(*) as customers
              from customers where dunning_access is not null group by 1) as row) as unpaid,
         (select coalesce(jsonb_agg(row), '[]') from (
            select vendor, sum(due) as "owedCents", count(*) filter (where due <> 0) as waiting
              from (select vendor, sum(earned_cents) - sum(moved_cents) as due
                      from vendor_entries group by vendor, charge_id) as charge
             group by vendor) as row) as vendors`;

export async function readBillingGauges(pool: Pool): Promise<BillingGauges> {
  const { rows } = await pool.query<BillingGauges>(READ);
  return rows[0] as BillingGauges;
}
