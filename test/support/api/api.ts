/** The API in this process, on a port of its own, over a fresh database. */
import { pino } from 'pino';
import type { Pool } from 'pg';
import type { ApiDeps } from '../../../src/api/deps';
import type { BillingUpdates } from '../../../src/temporal/billing-updates';
import type { Address, RunningApi } from '../../../src/api/listen';
import { startApi } from '../../../src/api/server';
import { createApiKey } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { createStripe } from '../../../src/stripe/client';
import { createTestDatabase } from '../stack/database';

export interface TestApi {
  readonly pool: Pool;
  readonly url: string;
  readonly keys: { readonly ingest: string; readonly read: string; readonly admin: string };
  /** Test clocks' times by id. */
  readonly clocks: Map<string, Date>;
  addCustomer(customer: string, testClock?: string): Promise<void>;
  request(path: string, init?: RequestInit & { key?: string }): Promise<Response>;
  postUsage(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** The database stays. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/** Tests of changes run the whole product; here nobody may ask for one by accident. */
function noUpdates(): BillingUpdates {
  const refuse = async () => {
    throw new Error('this test has no workflows');
  };
  return {
    changePlan: refuse,
    changeSubscription: refuse,
    grantTokens: refuse,
    resolveException: refuse,
    pauseDunning: refuse,
  };
}

/**
 * `change`: of what the API is given; a function is told where the database is. `start`: which API
 * it is.
 */
export async function startTestApi(
  change: Partial<ApiDeps> | ((databaseUrl: string) => Promise<Partial<ApiDeps>>) = {},
  start: (deps: ApiDeps, address: Address) => Promise<RunningApi> = startApi,
): Promise<TestApi> {
  const database = await createTestDatabase();
  const changed = typeof change === 'function' ? await change(database.url) : change;
  const pool = createPool({ connectionString: database.url });
  const clocks = new Map<string, Date>();
  const api = await start(
    { ...(await testDeps(pool, clocks)), ...changed },
    { host: '127.0.0.1', port: 0 },
  );
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= api.close());
  const keys = await createKeys(pool);
  const request: TestApi['request'] = (path, { key, ...init } = {}) =>
    fetch(api.url + path, {
      ...init,
      headers: { ...init.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) },
    });
  return {
    pool,
    url: api.url,
    keys,
    clocks,
    request,
    addCustomer: (customer, testClock) => insertCustomer(pool, customer, testClock),
    postUsage: (body, headers = {}) =>
      request('/v1/usage', {
        method: 'POST',
        key: keys.ingest,
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    stop,
    close: async () => {
      await stop();
      await pool.end();
      await database.drop();
    },
  };
}

export async function testDeps(pool: Pool, clocks: ReadonlyMap<string, Date>): Promise<ApiDeps> {
  return {
    pool,
    log: pino({ level: 'silent' }),
    catalog: await loadCatalog('catalog.yaml'),
    clocks: { now: async (id) => clocks.get(id) ?? new Date() },
    stripe: createStripe({ secretKey: 'sk_test_none' }),
    isTestMode: true,
    startBilling: async () => undefined,
    adoptSubscription: async () => null,
    readSubscriptionAgain: async () => undefined,
    startPayout: async () => undefined,
    vendorChanged: async () => undefined,
    updates: noUpdates(),
    openExceptions: { customers: async () => [], of: async () => ({ exceptions: [] }) },
    config: { STRIPE_WEBHOOK_SECRET: 'whsec_test' },
  };
}

async function createKeys(pool: Pool): Promise<TestApi['keys']> {
  const keyFor = async (scope: keyof TestApi['keys']) =>
    (await createApiKey(pool, { name: scope, scopes: [scope] })).key;
  return {
    ingest: await keyFor('ingest'),
    read: await keyFor('read'),
    admin: await keyFor('admin'),
  };
}

async function insertCustomer(pool: Pool, customer: string, testClock?: string): Promise<void> {
  await pool.query(
    `insert into customers (customer, email, plan, test_clock, subscription_id, billing_status)
     values ($1, 'ada@example.com', 'starter', $2, $1, 'active')`,
    [customer, testClock ?? null],
  );
}
