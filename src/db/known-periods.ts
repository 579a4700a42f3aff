/** The periods that a customer has had, and since when each takes no more usage. */
import type { Pool, PoolClient } from 'pg';
import type { KnownPeriod } from '../core/proof/replay';
import type { PlanTerms } from '../core/plans/plan';

/**
 * The audit trail, whose entries are chained by hash, tells when a period was closed: its first
 * entry that shows the invoice as no draft any more does. A row that was archived was closed by
 * then.
 */
const KNOWN_PERIODS = `
  select extract(epoch from period_start)::float8 as start,
         extract(epoch from period_end)::float8 as "end", terms,
         statement->>'subscriptionId' as "subscriptionId",
         statement->'formerPlans' as "formerPlans", statement->'wholeEnd' as "wholeEnd",
         (statement->'countedUpTo')::float8 as "countedUpTo",
         extract(epoch from least(archived_at, closing.at))::float8 * 1000 as "closedAt"
    from billing_periods as period
    left join lateral (
      select min(at) as at from audit_entries
       where customer = period.customer
         and key like 'period:' || extract(epoch from period_start)::bigint || ':%'
         and detail #>> '{statement,invoice,status}' in ('open', 'paid', 'uncollectible', 'void')
    ) as closing on true
   where customer = $1 order by period_start`;

export async function readKnownPeriods(
  db: Pool | PoolClient,
  customer: string,
): Promise<KnownPeriod[]> {
  const { rows } = await db.query<{
    start: number;
    end: number;
    terms: PlanTerms;
    subscriptionId: string | null;
    closedAt: number | null;
    formerPlans: KnownPeriod['formerPlans'] | null;
    wholeEnd: number | null;
    countedUpTo: number | null;
  }>(KNOWN_PERIODS, [customer]);
  return rows.map(({ subscriptionId, formerPlans, wholeEnd, countedUpTo, ...period }) => ({
    ...period,
    ...(subscriptionId !== null && { subscriptionId }),
    ...(formerPlans && { formerPlans }),
    ...(wholeEnd !== null && { wholeEnd }),
    ...(countedUpTo !== null && { countedUpTo }),
  }));
}
