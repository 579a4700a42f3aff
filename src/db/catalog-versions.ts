/** The catalogs that were sold from, by version: each subscription refers to one of them. */
import type { Pool } from 'pg';
import type { Catalog, CatalogPlan } from '../core/plans/catalog';
import { describedPlan } from '../core/plans/catalog-version';
import type { CatalogVersion } from '../core/plans/catalog-version';

/** What does not make the version (names, features) is that of its latest catalog. */
export async function storeCatalogVersion(
  pool: Pool,
  catalogVersion: CatalogVersion,
): Promise<void> {
  await pool.query(
    `insert into catalog_versions (version, catalog) values ($1, $2)
     on conflict (version) do update set catalog = excluded.catalog
      where catalog_versions.catalog is distinct from excluded.catalog`,
    [catalogVersion.version, JSON.stringify(catalogVersion.catalog)],
  );
}

export async function findCatalogVersion(
  pool: Pool,
  version: string,
): Promise<CatalogVersion | undefined> {
  const { rows } = await pool.query<{ catalog: Catalog }>(
    'select catalog from catalog_versions where version = $1',
    [version],
  );
  return rows[0] && { version, catalog: rows[0].catalog };
}

/** The newest come first. */
export async function listCatalogVersions(pool: Pool): Promise<CatalogVersion[]> {
  const { rows } = await pool.query<CatalogVersion>(
    'select version, catalog from catalog_versions order by stored_at desc, version',
  );
  return rows;
}

/** A plan as today's catalog describes it; of one that has left it, as the newest that had it. */
export const describePlan = async (
  pool: Pool,
  today: Catalog,
  planId: string,
): Promise<CatalogPlan | undefined> =>
  describedPlan(today, [], planId) ?? describedPlan(today, await listCatalogVersions(pool), planId);
