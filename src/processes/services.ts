/** The composition root: Config → every connection, closed again in reverse order. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import { pino } from 'pino';
import type { Logger } from 'pino';
import type Stripe from 'stripe';
import type { Config } from '../config';
import type { Catalog } from '../core/plans/catalog';
import { createPool } from '../db/pool';
import { loadCatalog } from '../stripe/catalog-file';
import { createCallPace } from '../stripe/call-pace';
import { createStripe } from '../stripe/client';
import { createStripeMetrics } from '../metrics/stripe-metrics';
import type { StripeMetrics } from '../metrics/stripe-metrics';
import { connectTemporal } from '../temporal/connect';
import type { Traces } from '../traces/start-traces';
import { tracesOf } from './traces-of';

export interface Services {
  readonly config: Config;
  readonly log: Logger;
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly stripeMetrics: StripeMetrics;
  readonly temporal: Client;
  readonly catalog: Catalog;
  /** Undefined: nothing is traced. */
  readonly traces: Traces | undefined;
  close(): Promise<void>;
}

export async function createServices(config: Config): Promise<Services> {
  const log = pino({ level: config.LOG_LEVEL });
  const catalog = await loadCatalog(config.CATALOG_FILE);
  const traces = await tracesOf(config, log);
  const pool = createPool({
    connectionString: config.DATABASE_URL,
    max: config.DATABASE_POOL_SIZE,
  });
  const pace = createCallPace({
    callsPerSecond: config.STRIPE_CALLS_PER_SECOND,
    meterEventsPerSecond: config.STRIPE_METER_EVENTS_PER_SECOND,
  });
  const stripeMetrics = createStripeMetrics(pace);
  const stripe = createStripe({
    ...{ onCall: stripeMetrics.observe, pace },
    secretKey: config.STRIPE_SECRET_KEY,
    apiBase: config.STRIPE_API_BASE,
  });
  const temporal = await connectTemporal(config, traces?.client);
  return {
    config,
    log,
    pool,
    stripe,
    stripeMetrics,
    temporal,
    catalog,
    traces,
    close: async () => {
      try {
        await temporal.connection.close();
        await pool.end();
      } finally {
        await traces?.stop();
      }
    },
  };
}
