/** Tells which catalog version a subscription was sold by: it says so itself, or its prices do. */
import { hasPlan, termsAsSold } from '../src/core/plans/catalog-version';
import type { CatalogVersion } from '../src/core/plans/catalog-version';
import { DomainError } from '../src/core/errors';
import type { PlanTerms } from '../src/core/plans/plan';
import { comparePrices } from '../src/core/plans/sold-prices';
import { findCatalogVersion, listCatalogVersions } from '../src/db/catalog-versions';
import { asVersion } from '../src/stripe/catalog-version';
import type { ActivityDeps } from './deps';
import type { SoldItem } from '../src/core/state/remembered';

export interface SoldCatalogs {
  /** Today's version. */
  readonly current: CatalogVersion;
  /**
   * Answers the first of these ids that is stored and has the plan. Where there is none, it is the
   * newest that sold at the items' own prices; else today's.
   */
  soldBy(
    ids: readonly (string | undefined)[],
    planId: string,
    items: readonly SoldItem[],
  ): Promise<CatalogVersion>;
  /**
   * Answers the very one that somebody was shown, or fails with `plan_not_found`: no other is sold
   * in its place.
   */
  exactly(id: string, planId: string): Promise<CatalogVersion>;
  termsOf(version: CatalogVersion, planId: string): PlanTerms;
}

export function createSoldCatalogs({ pool, catalog }: Pick<ActivityDeps, 'pool' | 'catalog'>) {
  const current = asVersion(catalog);
  const versions = new Map([[current.version, current]]);

  async function find(version: string): Promise<CatalogVersion | undefined> {
    const catalogVersion = versions.get(version) ?? (await findCatalogVersion(pool, version));
    if (catalogVersion) versions.set(version, catalogVersion);
    return catalogVersion;
  }

  const catalogs: SoldCatalogs = {
    current,
    termsOf: (version, planId) => termsAsSold(version, catalog, planId),
    exactly: async (id, planId) => {
      const catalogVersion = await find(id);
      if (catalogVersion && hasPlan(catalogVersion, planId)) return catalogVersion;
      throw new DomainError(
        'plan_not_found',
        `No catalog ${id} with a plan ${planId} is stored: run tollkeeper catalog push, and ask again.`,
      );
    },
    soldBy: async (ids, planId, items) => {
      for (const id of ids) {
        const catalogVersion = id === undefined ? undefined : await find(id);
        if (catalogVersion && hasPlan(catalogVersion, planId)) return catalogVersion;
      }
      const stored = await listCatalogVersions(pool);
      const others = stored.filter(({ version }) => version !== current.version);
      const selling = [current, ...others].filter((version) => hasPlan(version, planId));
      const first = selling[0];
      if (!first)
        throw new DomainError('plan_not_found', `No catalog ever stored has a plan ${planId}.`);
      return selling.find((version) => isSoldBy(catalogs.termsOf(version, planId), items)) ?? first;
    },
  };
  return catalogs;
}

function isSoldBy(terms: PlanTerms, items: readonly SoldItem[]): boolean {
  const ours = items.filter(({ planId, rateId }) => planId !== null || rateId !== null);
  return comparePrices(terms, terms, ours).differences.length === 0;
}
