/** The composition root: Config → every connection, closed again in reverse order. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type Stripe from 'stripe';
import type { Config } from './config';
import type { Catalog } from './core/catalog';
import { createPool } from './db/pool';
import { loadCatalog } from './stripe/catalog-file';
import { createStripe } from './stripe/client';
import { createStripeMetrics } from './stripe-metrics';
import type { StripeMetrics } from './stripe-metrics';
import { connectTemporal } from './temporal';

export interface Services {
  readonly config: Config;
  readonly log: Logger;
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly stripeMetrics: StripeMetrics;
  readonly temporal: Client;
  readonly catalog: Catalog;
  close(): Promise<void>;
}

export async function createServices(config: Config): Promise<Services> {
  const log = pino({ level: config.LOG_LEVEL });
  const catalog = await loadCatalog(config.CATALOG_FILE);
  const pool = createPool({
    connectionString: config.DATABASE_URL,
    max: config.DATABASE_POOL_SIZE,
  });
  const stripeMetrics = createStripeMetrics();
  const stripe = createStripe({
    onCall: stripeMetrics.observe,
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  const temporal = await connectTemporal(config);
  return {
    config,
    log,
    pool,
    stripe,
    stripeMetrics,
    temporal,
    catalog,
    close: async () => {
      await temporal.connection.close();
      await pool.end();
    },
  };
}
