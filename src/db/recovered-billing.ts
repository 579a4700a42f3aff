/** What our database knows of a customer's billing when a workflow begins. */
import type { Pool } from 'pg';
import type { BillingState } from '../core/state/billing-state';
import { sortedDecisions } from '../core/state/billing-past';
import type { BillingPast, RecordedDecision, RecordedPeriod } from '../core/state/billing-past';
import { LATE_SECONDS_MAX } from '../core/subscription/subscription';
import type { RecoveredBilling } from '../core/state/billing-past';
import { firstSequenceOf } from './ledger-recount';
import { readGrants } from './token-grants';
import { lastSequence } from './usage-batches';

/** The latest decisions that are read; decisions about money are few. */
const DECISIONS_MAX = 500;

/** Workers of 0.1.0 may run the workflow while ours run the activities: they look for these. */
const NOTHING_YET = { archivedUntil: null, reports: [] };

export async function readRecoveredBilling(
  pool: Pool,
  customer: string,
): Promise<RecoveredBilling> {
  const grants = await readGrants(pool, customer);
  const snapshot = await readSnapshot(pool, customer);
  const periods = snapshot ? [] : await readPeriods(pool, customer);
  if (!snapshot && !(await hasBegun(pool, customer, periods))) return { grants, ...NOTHING_YET };
  const decisions = await readDecisions(pool, customer);
  const charges = await readToldCharges(pool, customer);
  const past: BillingPast = {
    snapshot,
    periods,
    firstSequence: snapshot ? 1 : await firstSequenceOf(pool, customer, periods[0]?.start),
    lastSequence: await lastSequence(pool, customer),
    ...decisions,
    invoices: [],
    ...(charges.length > 0 && { charges }),
  };
  return { grants, past };
}

async function readSnapshot(pool: Pool, customer: string): Promise<BillingState | null> {
  const { rows } = await pool.query<{ state: BillingState }>(
    'select state from billing_snapshots where customer = $1',
    [customer],
  );
  return rows[0]?.state ?? null;
}

/** Those that usage may still come for. */
async function readPeriods(pool: Pool, customer: string): Promise<RecordedPeriod[]> {
  const { rows } = await pool.query<RecordedPeriod>(
    `select extract(epoch from period_start)::float8 as start,
            extract(epoch from period_end)::float8 as end, terms,
            statement->>'subscriptionId' as "subscriptionId",
            nullif(statement->'invoice', 'null') as invoice,
            coalesce(statement->'grantUses', '{}') as "grantUses",
            archived_at is not null as "isArchived"
       from billing_periods
      where customer = $1
        and (archived_at is null
             or period_end > (select max(period_start) from billing_periods where customer = $1)
                             - make_interval(secs => $2))
      order by period_start`,
    [customer, LATE_SECONDS_MAX],
  );
  return rows;
}

/** A workflow has recorded one of them: before, they are as the API made them. */
async function hasBegun(
  pool: Pool,
  customer: string,
  periods: readonly RecordedPeriod[],
): Promise<boolean> {
  const keys = periods.flatMap(({ start }) =>
    ['open', 'closing', 'reconciled', 'finalized', 'paid', 'void'].map(
      (phase) => `period:${start}:${phase}`,
    ),
  );
  const { rows } = await pool.query<{ found: boolean }>(
    `select exists (select from audit_entries
                     where customer = $1 and key = any ($2)) as found`,
    [customer, keys],
  );
  return rows[0]?.found === true;
}

async function readDecisions(pool: Pool, customer: string) {
  const { rows } = await pool.query<RecordedDecision>(
    `select kind, detail from audit_entries
      where customer = $1
        and kind in ('late_usage_invoiced', 'late_usage_written_off', 'exception_resolved')
      order by entry_number desc limit $2`,
    [customer, DECISIONS_MAX],
  );
  return sortedDecisions(rows.reverse());
}

const CHARGES_MAX = 100;

/**
 * Charges that the lost run was told of after its last snapshot. A dispute names its charge only.
 */
async function readToldCharges(pool: Pool, customer: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select object_id as id
       from stripe_events
      where status = 'forwarded' and type like 'charge.%' and object_id is not null
        and settled_at >= coalesce(
              (select taken_at from billing_snapshots where customer = $1),
              now() - make_interval(secs => $2)) - interval '10 minutes'
        and (stripe_customer_id = (select stripe_customer_id from customers where customer = $1)
             or payload #>> '{data,object,charge}'
                in (select charge_id from vendor_entries where customer = $1))
      group by object_id order by min(settled_at) limit $3`,
    [customer, LATE_SECONDS_MAX, CHARGES_MAX],
  );
  return rows.map(({ id }) => id);
}
