/** Other catalogs than the file's, and a platform that begins to sell from them. */
import type { Catalog } from '../../src/core/plans/catalog';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { asVersion } from '../../src/stripe/catalog-version';
import type { Life } from './life';
import { catalogs } from './stand-ins';

export const overageAt = (catalog: Catalog, pricePerMillionTokens: string): Catalog => ({
  ...catalog,
  rates: catalog.rates.map((rate) =>
    rate.id === 'overage_standard' ? { ...rate, pricePerMillionTokens } : rate,
  ),
});

export const starterWith = (
  catalog: Catalog,
  change: Partial<Catalog['plans'][number]>,
): Catalog => ({
  ...catalog,
  plans: catalog.plans.map((plan) => (plan.id === 'starter' ? { ...plan, ...change } : plan)),
});

/** The file is another one: pushed, and what API and worker begin with from now on. */
export async function sell(life: Life, catalog: Catalog): Promise<string> {
  const sold = asVersion(catalog);
  catalogs.set(sold.version, sold);
  await pushCatalog(life.stage.stripe, catalog);
  life.sellFrom(catalog);
  return sold.version;
}
