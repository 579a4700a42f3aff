/** The customers of a plan who are not on a catalog version, and which of them were moved to it. */
import type { Pool } from 'pg';
import type { PlanTerms } from '../core/plans/plan';
import type { RolloutCustomer } from '../core/plans/rollout-customer';

export interface RolloutPageRequest {
  readonly planId: string;
  readonly version: string;
  /** Customers after this id. */
  readonly after: string;
  readonly limit: number;
}

export type ListedCustomer = RolloutCustomer & {
  /** Terms of the running period. null: they have none. */
  readonly terms: PlanTerms | null;
};

/** They come in the order of their ids. */
export async function listRolloutCustomers(
  pool: Pool,
  { planId, version, after, limit }: RolloutPageRequest,
): Promise<ListedCustomer[]> {
  const { rows } = await pool.query<ListedCustomer>(
    `select customer, billing_status as "billingStatus", period.terms is not null as "hasPeriod",
            cancel_at is not null as "isEnding", next_plan is not null as "isChanging",
            period.terms
       from customers
       left join lateral (
         select terms from billing_periods where billing_periods.customer = customers.customer
          order by period_start desc limit 1
       ) as period on true
      where plan = $1 and customer > $2
        and period.terms ->> 'catalogVersion' is distinct from $3
      order by customer limit $4`,
    [planId, after, version, limit],
  );
  return rows;
}

/** Those of whom the audit trail has such an entry, by customer. */
export async function findEntries(
  pool: Pool,
  subject: string,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ key: string }>(
    'select key from audit_entries where customer = $1 and key = any($2::text[])',
    [subject, keys],
  );
  return new Set(rows.map(({ key }) => key));
}
