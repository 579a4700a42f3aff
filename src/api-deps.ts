/** What the API process needs of the services. */
import type { ApiDeps } from './api/deps';
import { createBillingStarter } from './ingest/temporal-signals';
import type { Services } from './services';
import { createClocks } from './stripe/test-clocks';

export function apiDeps(services: Services): ApiDeps {
  const { pool, log, catalog, stripe, config } = services;
  return {
    pool,
    log,
    catalog,
    stripe,
    config,
    clocks: createClocks(stripe),
    isTestMode: config.STRIPE_SECRET_KEY.includes('_test_'),
    startBilling: createBillingStarter(services),
  };
}
