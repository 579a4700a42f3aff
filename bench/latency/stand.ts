/** What customers are measured on: API and worker as in production, in processes of their own. */
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { createPool } from '../../src/db/pool';
import { freePort } from '../../src/dev/free-port';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { createStripe } from '../../src/stripe/client';
import { chance } from '../../test/life/chance';
import type { Surroundings } from '../surroundings';
import type { WholePath } from '../whole-path';
import type { Costly } from './costs';

/** More calls than there will ever be. */
const NO_BUDGET = '100000';

export interface Stand {
  readonly path: WholePath;
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly random: () => number;
  /** API and worker, until they are stopped. How fast customers are made is not up to Stripe. */
  start(budget: 'usual' | 'none'): Promise<{ costly: Costly; stop(): Promise<void> }>;
}

export async function createStand(
  surroundings: Surroundings,
  temporal: Client,
  { seed, cached }: { readonly seed: number; readonly cached?: number | undefined },
): Promise<Stand> {
  const ledger = await surroundings.createLedger('latency');
  const { meterEvents, stripeKey, pids } = surroundings;
  const stripe = createStripe({ secretKey: stripeKey, apiBase: meterEvents.url });
  await pushCatalog(stripe, await loadCatalog('catalog.yaml'));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const pool = createPool({ connectionString: ledger.databaseUrl, max: 4 });
  const path = { ...ledger, apiUrl: `http://127.0.0.1:${port}`, temporal, meterEvents };
  const start: Stand['start'] = async (budget) => {
    const env = {
      ...(cached !== undefined && { CACHED_WORKFLOWS_MAX: String(cached) }),
      ...(budget === 'none' && { STRIPE_CALLS_PER_SECOND: NO_BUDGET }),
    };
    const api = await surroundings.run({ name: 'api', args: ['api'], ledger, port, env });
    const worker = await surroundings.run({
      ...{ name: 'worker', args: ['worker'], ledger },
      env: { ...env, TEMPORAL_METRICS_ADDRESS: `127.0.0.1:${metricsPort}` },
    });
    const temporalMetricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
    const allPids = { ...pids, api: api.pid, worker: worker.pid, bench: process.pid };
    const stop = async () => {
      await worker.stop();
      await api.stop();
    };
    return { costly: { pids: allPids, pool, temporalMetricsUrl }, stop };
  };
  return { path, pool, stripe, start, random: chance(seed) };
}
