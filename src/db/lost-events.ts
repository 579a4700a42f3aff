/** How far Stripe's events were read, and which customers have waited too long for one. */
import type { Pool } from 'pg';

/** Unix seconds; null: nothing was read yet. */
export async function readEventCursor(pool: Pool): Promise<number | null> {
  const { rows } = await pool.query<{ listedUntil: number }>(
    `select extract(epoch from listed_until)::float8 as "listedUntil" from stripe_event_cursor`,
  );
  return rows[0]?.listedUntil ?? null;
}

/** It never goes back: a slow run may end after one that began later. */
export async function advanceEventCursor(pool: Pool, listedUntil: number): Promise<void> {
  await pool.query(
    `insert into stripe_event_cursor (listed_until) values (to_timestamp($1))
     on conflict (singleton) do update
       set listed_until = greatest(stripe_event_cursor.listed_until, excluded.listed_until)`,
    [listedUntil],
  );
}

export async function listTestClocks(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ clock: string }>(
    'select distinct test_clock as clock from customers where test_clock is not null order by 1',
  );
  return rows.map(({ clock }) => clock);
}

export interface OverdueCustomer {
  readonly customer: string;
  readonly subscriptionId: string;
  /** Invoices of the periods that are not paid. */
  readonly invoiceIds: readonly string[];
}

interface OverdueQuery {
  /** Unix seconds of the real now. */
  readonly now: number;
  /** Each test clock's own now; customers of other clocks are left out. */
  readonly clocks: ReadonlyMap<string, number>;
  readonly renewalGraceSeconds: number;
  readonly untouchedSeconds: number;
  readonly after: string | null;
  readonly limit: number;
}

/**
 * Customers whose period has ended without the next one becoming known, or of whom a closing period
 * was not heard of for long. What is written down has real times: for a period of a clock's
 * customer its end stands in for them, as no step of closing comes before it.
 */
export async function listOverdueCustomers(
  pool: Pool,
  query: OverdueQuery,
): Promise<OverdueCustomer[]> {
  const { rows } = await pool.query<OverdueCustomer>(
    `select customers.customer, customers.subscription_id as "subscriptionId",
            coalesce(array_agg(period.invoice_id order by period.period_start)
              filter (where period.invoice_id is not null), '{}') as "invoiceIds"
       from customers
       left join unnest($2::text[], $3::float8[]) as clock (id, now)
              on clock.id = customers.test_clock
       left join billing_periods as period
              on period.customer = customers.customer and period.archived_at is null
      where customers.subscription_id is not null
        and (customers.test_clock is null or clock.id is not null)
        and ($6::text is null or customers.customer > $6)
      group by customers.customer, clock.now
     having (customers.billing_status <> 'ended'
             and customers.period_end + make_interval(secs => $4)
                 < to_timestamp(coalesce(clock.now, $1)))
         or bool_or(period.status in ('closing', 'reconciled', 'finalized')
             and case when clock.now is null then period.updated_at else period.period_end end
                 + make_interval(secs => $5) < to_timestamp(coalesce(clock.now, $1)))
      order by customers.customer
      limit $7`,
    [
      query.now,
      [...query.clocks.keys()],
      [...query.clocks.values()],
      query.renewalGraceSeconds,
      query.untouchedSeconds,
      query.after,
      query.limit,
    ],
  );
  return rows;
}
