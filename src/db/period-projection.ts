/**
 * What the billing workflow knows of its periods, written for the API to read. The workflow is the
 * authority: these rows are replaced by what it says. A paid period stays paid; what may still
 * change on it is late usage.
 */
import type { Pool, PoolClient } from 'pg';
import type { BillingState, BillingStatus } from '../core/state/billing-state';
import type { PlanTerms } from '../core/plans/plan';
import type { Statement } from '../core/invoices/statement';
import { appendAuditEntry } from './audit-entries';
import type { NewAuditEntry } from './audit-entries';
import { inTransaction } from './pool';
import type { DunningAccess, SubscriptionStanding } from '../core/state/remembered';

interface Projection {
  readonly customer: string;
  readonly billingStatus: BillingStatus;
  readonly standing: SubscriptionStanding;
  readonly dunningAccess: DunningAccess | null;
  readonly periods: readonly { readonly terms: PlanTerms; readonly statement: Statement }[];
  /** What a run goes on from that is begun again. Absent: it was asked for by release 0.1.0. */
  readonly snapshot?: Snapshot;
}

export interface Snapshot {
  readonly state: BillingState;
  /** Unix milliseconds, by the workflow's clock. */
  readonly takenAt: number;
}

const UPSERT_PERIOD = `
  insert into billing_periods
    (customer, period_start, period_end, plan, terms, status, invoice_id, statement, archived_at)
  values ($1, to_timestamp($2), to_timestamp($3), $4, $5, $6, $7, $8,
          case when $6 in ('paid', 'void') then now() end)
  on conflict (customer, period_start) do update set
    period_end = excluded.period_end, plan = excluded.plan, terms = excluded.terms,
    status = excluded.status, invoice_id = excluded.invoice_id, statement = excluded.statement,
    archived_at = coalesce(billing_periods.archived_at, excluded.archived_at), updated_at = now()
  where billing_periods.archived_at is null or excluded.archived_at is not null`;

const UPDATE_CUSTOMER = `
  update customers
     set billing_status = $2, period_start = to_timestamp($3), period_end = to_timestamp($4),
         plan = coalesce($5, plan), next_plan = $6, next_plan_from = to_timestamp($7),
         cancel_at = to_timestamp($8), collection_paused = $9, dunning_access = $10,
         updated_at = now()
   where customer = $1`;

const UPSERT_SNAPSHOT = `
  insert into billing_snapshots (customer, state, taken_at)
  values ($1, $2, to_timestamp($3::float8 / 1000))
  on conflict (customer) do update set state = excluded.state, taken_at = excluded.taken_at
  where billing_snapshots.taken_at <= excluded.taken_at`;

/** One transaction: the periods and the customer's current state change together. */
export async function recordPeriods(pool: Pool, projection: Projection): Promise<void> {
  await inTransaction(pool, async (client) => {
    for (const { terms, statement } of projection.periods) {
      const { customer, periodStart, periodEnd, planId, phase, invoice } = statement;
      await client.query(UPSERT_PERIOD, [
        customer,
        periodStart,
        periodEnd,
        planId,
        JSON.stringify(terms),
        phase,
        invoice?.id ?? null,
        JSON.stringify(statement),
      ]);
    }
    const { nextPlan, cancelAt, collectionPaused } = projection.standing;
    const currentStatement = projection.periods.at(-1)?.statement;
    await client.query(UPDATE_CUSTOMER, [
      projection.customer,
      projection.billingStatus,
      currentStatement?.periodStart ?? null,
      currentStatement?.periodEnd ?? null,
      currentStatement?.planId ?? null,
      nextPlan?.planId ?? null,
      nextPlan?.from ?? null,
      cancelAt,
      collectionPaused,
      projection.dunningAccess,
    ]);
    if (!projection.snapshot) return;
    const { state, takenAt } = projection.snapshot;
    const { customer } = projection;
    await client.query(UPSERT_SNAPSHOT, [customer, JSON.stringify(state), takenAt]);
  });
}

/** What a report came to: its entry in the trail and the period's statement change together. */
export async function recordReport(
  pool: Pool,
  entry: NewAuditEntry,
  statement: Statement,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    await appendAuditEntry(client, entry);
    await recordStatement(client, statement);
  });
}

/**
 * The numbers of one period after a report. Its phase and invoice are left alone: this may arrive
 * after the period has moved on.
 */
async function recordStatement(client: PoolClient, statement: Statement): Promise<void> {
  await client.query({
    name: 'record_statement',
    text: `
      update billing_periods
        set statement = $3::jsonb || jsonb_build_object(
              'phase', statement->'phase', 'invoice', statement->'invoice'),
            updated_at = now()
      where customer = $1 and period_start = to_timestamp($2) and archived_at is null
        and (statement->>'usedTokens')::bigint <= ($3::jsonb->>'usedTokens')::bigint`,
    values: [statement.customer, statement.periodStart, JSON.stringify(statement)],
  });
}
