/** `tollkeeper catalog push`. */
import type { CatalogVersion } from '../../core/plans/catalog-version';
import { storeCatalogVersion } from '../../db/catalog-versions';
import { createPool } from '../../db/pool';
import { loadCatalog } from '../../stripe/catalog-file';
import { pushCatalog } from '../../stripe/catalog-push';
import { asVersion } from '../../stripe/catalog-version';
import { createStripe } from '../../stripe/client';
import { operatorConfig } from '../operator/operator-config';
import { print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';

export async function push(options: OutputOptions): Promise<void> {
  const config = await operatorConfig();
  const stripe = createStripe({
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  const progress = options.json ? console.error : console.log;
  const catalog = await loadCatalog(config.CATALOG_FILE);
  const catalogVersion = asVersion(catalog);
  // First: what Stripe's prices refer to is known.
  await stored(config.DATABASE_URL, catalogVersion);
  print(
    { version: catalogVersion.version, ...(await pushCatalog(stripe, catalog, progress)) },
    ({ version, created, updated, unchanged }) =>
      `Catalog ${version}: ${created.length} created, ${updated.length} updated, ${unchanged.length} unchanged`,
    options,
  );
}

async function stored(connectionString: string, catalogVersion: CatalogVersion): Promise<void> {
  const pool = createPool({ connectionString, max: 1 });
  try {
    await storeCatalogVersion(pool, catalogVersion);
  } finally {
    await pool.end();
  }
}
