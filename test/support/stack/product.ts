/**
 * The whole product in this process, for journeys: API, worker and pipeline on a database, a
 * Temporal namespace and a Stripe sandbox of their own.
 */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { runApi } from '../../../src/processes/api';
import { loadConfig } from '../../../src/config';
import type { Config } from '../../../src/config';
import { createApiKey } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import { freePort } from '../../../src/dev/free-port';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import type { StripeSandbox, StripeSandboxOptions } from '../../../src/dev/stripe-sandbox/server';
import { createApiClient } from '../../../src/demo/client';
import type { ApiClient } from '../../../src/demo/client';
import { createServices } from '../../../src/processes/services';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { createStripe, STRIPE_API_VERSION } from '../../../src/stripe/client';
import { runWorker } from '../../../src/processes/worker';
import { createTestDatabase } from './database';
import { createNamespace } from './namespace';

export interface Product {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly ingestKey: string;
  readonly api: ApiClient;
  /** As the owner of the tables: a test may do what API and worker may not. */
  readonly pool: Pool;
  /** Where a command connects as that owner. */
  readonly ownerUrl: string;
  readonly stripe: Stripe;
  readonly stripeUrl: string;
  readonly config: Config;
  readonly temporal: Client;
  /** API and worker stop, and start anew on the same parts: a deployment. */
  deploy(environment: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

const SECRET_KEY = 'sk_test_journey';

/**
 * `environment`: variables of src/config.ts besides those of the parts. A sandbox that is given is
 * closed with the product.
 */
export async function startProduct(
  environment: Readonly<Record<string, string>> = {},
  sandboxOptions: StripeSandboxOptions | Pick<StripeSandbox, 'url' | 'close'> = {},
): Promise<Product> {
  const stops: (() => Promise<unknown>)[] = [];
  const database = await createTestDatabase();
  stops.push(() => database.drop());
  const pool = createPool({ connectionString: database.url });
  stops.push(() => pool.end());
  const sandbox =
    'url' in sandboxOptions ? sandboxOptions : await startStripeSandbox(sandboxOptions);
  stops.push(() => sandbox.close());
  const port = await freePort();
  const secrets = await createWebhookEndpoints(sandbox.url, port);
  const config = loadConfig({
    PORT: String(port),
    LOG_LEVEL: 'error',
    DATABASE_URL: database.appUrl,
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
    TEMPORAL_NAMESPACE: await createNamespace(String(process.env.TEST_TEMPORAL_ADDRESS), 'journey'),
    STRIPE_SECRET_KEY: SECRET_KEY,
    STRIPE_API_BASE: sandbox.url,
    ...secrets,
    WORKFLOW_BUNDLE: process.env.TEST_WORKFLOW_BUNDLE,
    ...environment,
  });
  let processes = await startProcesses(config);
  stops.push(() => processes.stop());
  const { services } = processes;
  const admin = await createApiKey(pool, { name: 'admin', scopes: ['admin'] });
  const ingest = await createApiKey(pool, { name: 'ingest', scopes: ['ingest'] });
  const keys = { apiUrl: processes.url, adminKey: admin.key, ingestKey: ingest.key };
  return {
    ...keys,
    api: createApiClient(keys),
    pool,
    ownerUrl: database.url,
    stripe: services.stripe,
    stripeUrl: sandbox.url,
    config,
    get temporal() {
      return processes.services.temporal;
    },
    deploy: async (changed) => {
      await processes.stop();
      processes = await startProcesses({ ...config, ...changed });
    },
    stop: async () => {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
  };
}

async function startProcesses(config: Config) {
  const services = await createServices(config);
  await pushCatalog(services.stripe, services.catalog);
  const server = await runApi(services);
  const worker = await runWorker(services);
  return {
    services,
    url: server.url,
    stop: async () => {
      await worker.stop();
      await server.close();
      await services.close();
    },
  };
}

/** One for snapshots, one for vendors' accounts, one for what is told thinly only. */
async function createWebhookEndpoints(apiBase: string, port: number) {
  const stripe = createStripe({ secretKey: SECRET_KEY, apiBase });
  const url = `http://127.0.0.1:${port}/webhooks/stripe`;
  const endpointFor = (connect: boolean) =>
    stripe.webhookEndpoints.create({
      url,
      enabled_events: ['*'],
      api_version: STRIPE_API_VERSION,
      connect,
    });
  const endpoint = await endpointFor(false);
  const connect = await endpointFor(true);
  const thin = await stripe.v2.core.eventDestinations.create({
    name: 'meter errors',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.billing.meter.error_report_triggered', 'v1.billing.meter.no_meter_found'],
    webhook_endpoint: { url },
    include: ['webhook_endpoint.signing_secret'],
  });
  return {
    STRIPE_WEBHOOK_SECRET: String(endpoint.secret),
    STRIPE_WEBHOOK_SECRET_CONNECT: String(connect.secret),
    STRIPE_WEBHOOK_SECRET_THIN: String(thin.webhook_endpoint?.signing_secret),
  };
}
