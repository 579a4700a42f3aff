/** The API process: the HTTP API over the services that it was given. */
import type { RunningApi } from '../api/server';
import { startApi } from '../api/server';
import {
  createBillingStarter,
  createPayoutStarter,
  createWorkflowSignals,
} from '../temporal/signals';
import { createOpenExceptions } from '../temporal/open-exceptions';
import { createVendorSignal } from '../temporal/vendor-signals';
import { storeCatalogVersion } from '../db/catalog-versions';
import { createAdoption } from './adoption';
import type { Services } from './services';
import { asVersion } from '../stripe/catalog-version';
import { createBillingUpdates } from '../temporal/updates';
import { createClocks } from '../stripe/test-clocks';

export async function runApi(services: Services): Promise<RunningApi> {
  // Whatever is sold by it may be asked for long after the file has changed.
  await storeCatalogVersion(services.pool, asVersion(services.catalog));
  const startBilling = createBillingStarter(services);
  const signals = createWorkflowSignals(services);
  const { config, log, pool, stripe, catalog } = services;
  return startApi(
    {
      pool,
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
}
