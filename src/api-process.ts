/** The API process: the HTTP API over the services that it was given. */
import type { RunningApi } from './api/server';
import { startApi } from './api/server';
import { createBillingStarter } from './ingest/temporal-signals';
import type { Services } from './services';
import { createClocks } from './stripe/test-clocks';

export function runApi(services: Services): Promise<RunningApi> {
  const { config, log, pool, stripe, catalog } = services;
  return startApi(
    {
      pool,
      log,
      catalog,
      stripe,
      config,
      clocks: createClocks(stripe),
      isTestMode: config.STRIPE_SECRET_KEY.includes('_test_'),
      startBilling: createBillingStarter(services),
    },
    { host: config.HOST, port: config.PORT },
  );
}
