/** `tollkeeper catalog check` and `catalog push`. */
import { loadCatalog } from '../stripe/catalog-file';
import { pushCatalog } from '../stripe/catalog-push';
import { createStripe } from '../stripe/client';
import { operatorConfig } from './operator-config';

export async function checkCatalog(file: string): Promise<void> {
  const catalog = await loadCatalog(file);
  console.log(
    `${file} is valid: ${catalog.plans.length} plans, ` +
      `${catalog.rates.length} rates, every rate above its cost.`,
  );
}

export async function push(): Promise<void> {
  const config = await operatorConfig();
  const stripe = createStripe({
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  const done = await pushCatalog(stripe, await loadCatalog(config.CATALOG_FILE), console.log);
  console.log(
    `${done.created.length} created, ${done.updated.length} updated, ` +
      `${done.archived.length} archived, ${done.unchanged.length} unchanged`,
  );
}
