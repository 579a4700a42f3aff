/** The API process: the HTTP API over the services that it was given. */
import type { RunningApi } from '../api/listen';
import { startApi } from '../api/server';
import {
  createBillingStarter,
  createPayoutStarter,
  createWorkflowSignals,
} from '../temporal/signals';
import { createOpenExceptions } from '../temporal/open-exceptions';
import { createVendorSignal } from '../temporal/vendor-signals';
import { storeCatalogVersion } from '../db/catalog-versions';
import { createPool } from '../db/pool';
import { createAdoption } from './adoption';
import type { Services } from './services';
import { asVersion } from '../stripe/catalog-version';
import { createBillingUpdates } from '../temporal/updates';
import { createClocks } from '../stripe/test-clocks';

/** Whatever is read waits for its own connections: usage and keys have half to themselves. */
export function connectionsOf({ DATABASE_POOL_SIZE: all }: { DATABASE_POOL_SIZE: number }) {
  const ingest = Math.ceil(all / 2);
  return { ingest, others: Math.max(1, all - ingest) };
}

export async function runApi(
  services: Services,
  ingestConnections = connectionsOf(services.config).ingest,
): Promise<RunningApi> {
  // Whatever is sold by it may be asked for long after the file has changed.
  await storeCatalogVersion(services.pool, asVersion(services.catalog));
  const startBilling = createBillingStarter(services);
  const signals = createWorkflowSignals(services);
  const { config, log, pool, stripe, catalog } = services;
  const ingestPool = createPool({
    connectionString: config.DATABASE_URL,
    max: ingestConnections,
  });
  const api = await startApi(
    {
      pool,
      ingestPool,
      log,
      catalog,
      stripe,
      processMetrics: services.stripeMetrics.registry,
      config,
      clocks: createClocks(stripe),
      isTestMode: config.STRIPE_SECRET_KEY.includes('_test_'),
      startBilling,
      adoptSubscription: createAdoption(services),
      readSubscriptionAgain: (customer, objectId) =>
        signals.signalStripeEvent(customer, {
          id: 'customer-changed',
          type: 'customer.subscription.updated',
          objectId,
          created: 0,
        }),
      vendorChanged: createVendorSignal(services),
      startPayout: createPayoutStarter(services),
      updates: createBillingUpdates(services.temporal, startBilling),
      openExceptions: createOpenExceptions(services.temporal, config),
    },
    { host: config.HOST, port: config.PORT },
  );
  return {
    url: api.url,
    close: async () => {
      await api.close();
      await ingestPool.end();
    },
  };
}
