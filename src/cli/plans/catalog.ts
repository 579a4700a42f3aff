/** `tollkeeper catalog check` and `catalog push`. */
import { loadCatalog } from '../stripe/catalog-file';
import { pushCatalog } from '../stripe/catalog-push';
import { createStripe } from '../stripe/client';
import { operatorConfig } from './operator-config';
import { print } from './operator';
import type { OutputOptions } from './operator';

export async function checkCatalog(file: string, options: OutputOptions): Promise<void> {
  const { plans, rates, vendors } = await loadCatalog(file);
  const counts = { plans: plans.length, rates: rates.length, vendors: vendors.length };
  print(
    { file, valid: true, ...counts },
    () =>
      `${file} is valid: ${counts.plans} plans, ${counts.rates} rates, every rate above its cost.`,
    options,
  );
}

export async function push(options: OutputOptions): Promise<void> {
  const config = await operatorConfig();
  const stripe = createStripe({
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  const progress = options.json ? console.error : console.log;
  print(
    await pushCatalog(stripe, await loadCatalog(config.CATALOG_FILE), progress),
    ({ created, updated, archived, unchanged }) =>
      `${created.length} created, ${updated.length} updated, ` +
      `${archived.length} archived, ${unchanged.length} unchanged`,
    options,
  );
}
