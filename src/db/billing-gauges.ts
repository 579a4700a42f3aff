/** What operators watch besides the pipeline: drift, reconciliation, unpaid customers, vendors. */
import type { Pool } from 'pg';

export interface BillingGauges {
  /** Billable tokens that Stripe has not acknowledged, or too many, in periods at rest. */
  readonly driftTokens: number;
  /** null: it never ran. */
  readonly reconciliationAgeSeconds: number | null;
  readonly stripeEventsWaiting: number;
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

const READ = `
  select (select coalesce(sum(abs((rate->>'tokens')::bigint - (rate->>'reportedTokens')::bigint)), 0)
            from billing_periods, jsonb_array_elements(statement->'rates') as rate
           where archived_at is null and updated_at < now() - interval '${AT_REST}')::float8
           as "driftTokens",
         (select extract(epoch from clock_timestamp() - max(listed_until))
            from stripe_event_cursor)::float8 as "reconciliationAgeSeconds",
         (select count(*) from stripe_events where status = 'waiting')::float8
           as "stripeEventsWaiting",
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
