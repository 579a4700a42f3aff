/** What a plan costs each period, also while it is tried and nothing is paid for it. */
import type { Pool } from 'pg';
import type { Catalog } from '../../core/plans/catalog';
import type { PlanTerms } from '../../core/plans/plan';
import { describePlan, findCatalogVersion } from '../../db/catalog-versions';

export async function renewalPriceCents(
  pool: Pool,
  today: Catalog,
  { planId, isTrial, monthlyPriceCents, catalogVersion }: PlanTerms,
): Promise<number> {
  if (!isTrial) return monthlyPriceCents;
  const version =
    catalogVersion === undefined ? undefined : await findCatalogVersion(pool, catalogVersion);
  const plan =
    version?.catalog.plans.find(({ id }) => id === planId) ??
    (await describePlan(pool, today, planId));
  return plan?.monthlyPriceCents ?? monthlyPriceCents;
}
