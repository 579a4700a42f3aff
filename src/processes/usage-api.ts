/**
 * The API process that takes usage alone: Config → Postgres, and nothing else that is open. Stripe
 * is asked only for the time of test clocks, Temporal for nothing.
 */
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { RunningApi } from '../api/listen';
import { startUsageApi } from '../api/usage/usage-app';
import type { UsageApiConfig } from '../config';
import { DomainError } from '../core/errors';
import { createPool } from '../db/pool';
import { createStripeMetrics } from '../metrics/stripe-metrics';
import { createCallPace } from '../stripe/call-pace';
import { loadCatalog } from '../stripe/catalog-file';
import { createStripe } from '../stripe/client';
import { createClocks } from '../stripe/test-clocks';
import type { Clocks } from '../stripe/test-clocks';
import { tracesOf } from './traces-of';

/** Health and metrics have one connection of their own, usage the others. */
const OTHER_CONNECTIONS = 1;

export async function runUsageApi(config: UsageApiConfig): Promise<RunningApi & { log: Logger }> {
  const log = pino({ level: config.LOG_LEVEL });
  const catalog = await loadCatalog(config.CATALOG_FILE);
  const traces = await tracesOf(config, log);
  const connectionString = config.DATABASE_URL;
  const usageConnections = Math.max(1, config.DATABASE_POOL_SIZE - OTHER_CONNECTIONS);
  const pool = createPool({ connectionString, max: OTHER_CONNECTIONS });
  const ingestPool = createPool({ connectionString, max: usageConnections });
  const api = await startUsageApi(
    { pool, ingestPool, log, catalog, config, ...stripeOf(config) },
    { host: config.HOST, port: config.PORT },
  );
  return {
    url: api.url,
    log,
    close: async () => {
      await api.close();
      await Promise.all([pool.end(), ingestPool.end()]);
      await traces?.stop();
    },
  };
}

function stripeOf(config: UsageApiConfig) {
  const { STRIPE_SECRET_KEY: secretKey } = config;
  if (secretKey === undefined) return { clocks: noClocks };
  const pace = createCallPace({
    callsPerSecond: config.STRIPE_CALLS_PER_SECOND,
    meterEventsPerSecond: config.STRIPE_METER_EVENTS_PER_SECOND,
  });
  const { observe: onCall, registry: processMetrics } = createStripeMetrics(pace);
  const stripe = createStripe({ onCall, pace, secretKey, apiBase: config.STRIPE_API_BASE });
  return { clocks: createClocks(stripe), processMetrics };
}

const noClocks: Clocks = {
  now: async (testClock) => {
    throw new DomainError(
      'stripe_error',
      `The customer is on the test clock ${testClock}, whose time this process can't read: set ` +
        'STRIPE_SECRET_KEY for it, too, and send the usage again.',
    );
  },
};
