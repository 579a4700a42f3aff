/** A customer is made once, whatever breaks off on the way and however often it is asked for. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { customerRoutes } from '../../src/api/customers';
import type { CustomerView } from '../../src/api/customers';
import type { Catalog } from '../../src/core/catalog';
import { DomainError } from '../../src/core/errors';
import { readAuditEntries, verifyAuditChain } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { createStripe } from '../../src/stripe/client';
import { createClocks } from '../../src/stripe/test-clocks';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';
import { startFaultyProxy } from '../support/faulty-proxy';
import type { FaultyProxy, Loss } from '../support/faulty-proxy';

let database: TestDatabase;
let pool: Pool;
let sandbox: Awaited<ReturnType<typeof startStripeSandbox>>;
let proxy: FaultyProxy;
let stripe: Stripe;
let catalog: Catalog;
let server: Server;
let url: string;
let started: string[];
let temporalIsDown: boolean;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  sandbox = await startStripeSandbox({});
  proxy = await startFaultyProxy(sandbox.url);
  stripe = createStripe({ secretKey: 'sk_test_customers', apiBase: proxy.url });
  catalog = await loadCatalog(join(__dirname, '../../catalog.yaml'));
  await pushCatalog(stripe, catalog);
  const app = express().use(express.json());
  const deps = {
    pool,
    stripe,
    catalog,
    clocks: createClocks(stripe),
    isTestMode: true,
    startBilling: async (customer: string) => {
      if (temporalIsDown) throw new Error('14 UNAVAILABLE');
      started.push(customer);
    },
    log: { warn: () => undefined },
  };
  const anyone: RequestHandler = (_request, _response, next) => next();
  app.use(customerRoutes(deps, { read: anyone, admin: anyone }));
  const asStatus: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    const code = error instanceof DomainError ? error.code : 'unexpected';
    response.status(code === 'unexpected' ? 500 : 400).json({ code, detail: String(error) });
  };
  app.use(asStatus);
  server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await proxy.close();
  await sandbox.close();
  await pool.end();
  await database.drop();
});

beforeEach(() => {
  started = [];
  temporalIsDown = false;
});

type Answer = { status: number; code?: string; detail?: string } & Partial<CustomerView>;

async function ask(method: 'GET' | 'PUT', customer: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${url}/v1/customers/${customer}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { ...((await response.json()) as object), status: response.status };
}
const put = (customer: string, body: unknown) => ask('PUT', customer, body);

/** All that Stripe has of the customer, found by metadata alone. */
async function atStripe(customer: string, testClock?: string) {
  const everyone = await stripe.customers
    .list({ limit: 100, ...(testClock && { test_clock: testClock }) })
    .autoPagingToArray({ limit: 1_000 });
  const customers = everyone.filter(({ metadata }) => metadata.tollkeeper_customer === customer);
  const id = customers[0]?.id ?? 'none';
  const { data: subscriptions } = await stripe.subscriptions.list({ customer: id });
  const { data: cards } = await stripe.paymentMethods.list({ customer: id });
  return { customers, subscriptions, cards };
}

test('a new customer has everything: row, Stripe customer with card, subscription, workflow', async () => {
  const created = await put('ann', { email: 'ann@example.com', name: 'Ann', plan: 'starter' });
  const { customers, subscriptions, cards } = await atStripe('ann');
  expect(created).toMatchObject({
    status: 201,
    customer: 'ann',
    email: 'ann@example.com',
    name: 'Ann',
    plan: 'starter',
    testClock: null,
    stripeCustomerId: customers[0]?.id,
    subscriptionId: subscriptions[0]?.id,
    features: ['api_access', 'usage_dashboard', 'email_support'],
    billingStatus: 'pending',
  });
  expect(customers[0]).toMatchObject({
    email: 'ann@example.com',
    name: 'Ann',
    invoice_settings: { default_payment_method: cards[0]?.id },
  });
  expect(subscriptions[0]).toMatchObject({
    status: 'active',
    billing_mode: { type: 'flexible' },
    metadata: { tollkeeper_customer: 'ann', tollkeeper_plan: 'starter' },
  });
  const keys = subscriptions[0]?.items.data.map(({ price }) => price.lookup_key);
  expect(keys).toEqual([
    'tollkeeper_plan_starter',
    'tollkeeper_rate_overage_premium',
    'tollkeeper_rate_overage_standard',
    'tollkeeper_rate_acme_tokens',
    'tollkeeper_rate_globex_tokens',
  ]);
  expect(started).toEqual(['ann']);
  expect(await ask('GET', 'ann')).toEqual({ ...created, status: 200 });
});

test('asking again changes nothing, here or at Stripe', async () => {
  const body = { email: 'bob@example.com', plan: 'pro' };
  const created = await put('bob', body);
  const writes = proxy.writes.length;
  expect(await put('bob', body)).toEqual({ ...created, status: 200 });
  expect(await put('bob', { email: 'bob@example.com' })).toEqual({ ...created, status: 200 });
  expect(proxy.writes).toHaveLength(writes);
  const entries = await readAuditEntries(pool, 'bob');
  expect(entries.map(({ kind }) => kind)).toEqual(['customer_created', 'subscription_created']);
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
  expect(JSON.stringify(entries)).not.toContain('example.com');
});

test('without a plan it is the catalog’s default, which has no base price', async () => {
  expect(await put('carl', { email: 'carl@example.com' })).toMatchObject({ plan: 'pay_as_you_go' });
  const { subscriptions } = await atStripe('carl');
  expect(subscriptions[0]?.items.data.map(({ price }) => price.lookup_key)).toEqual([
    'tollkeeper_rate_payg_premium',
    'tollkeeper_rate_payg_standard',
    'tollkeeper_rate_acme_tokens',
    'tollkeeper_rate_globex_tokens',
  ]);
});

describe.each<Loss>(['request', 'answer'])('when the %s to Stripe is lost', (loss) => {
  test.each([1, 2, 3, 4, 5])(
    'at step %d, the next request goes on and nothing is twice',
    async (step) => {
      const customer = `lost-${loss}-${step}`;
      const body = { email: 'lost@example.com', plan: 'starter' };
      proxy.loseWrite(step, loss);
      expect(await put(customer, body)).toMatchObject({ status: 400, code: 'stripe_error' });
      expect(await put(customer, body)).toMatchObject({ status: 200, plan: 'starter' });
      const { customers, subscriptions, cards } = await atStripe(customer);
      expect([customers.length, subscriptions.length, cards.length]).toEqual([1, 1, 1]);
      expect(started).toEqual([customer]);
    },
  );
});

test('a request with another e-mail goes on from a broken one all the same', async () => {
  proxy.loseWrite(1, 'answer');
  await put('moved', { email: 'old@example.com' });
  expect(await put('moved', { email: 'new@example.com', name: 'Moved' })).toMatchObject({
    status: 200,
    email: 'new@example.com',
  });
  const { customers } = await atStripe('moved');
  expect(customers).toHaveLength(1);
  expect(customers[0]).toMatchObject({ email: 'new@example.com', name: 'Moved' });
});

test('after 23 hours, when Stripe may have forgotten our keys, it looks before it makes', async () => {
  const body = { email: 'late@example.com', plan: 'starter' };
  await put('late', body);
  // As if the process had died before it stored the ids, a day ago; and Stripe knows no key.
  await pool.query(
    `update customers set stripe_customer_id = null, subscription_id = null,
            created_at = created_at - interval '24 hours' where customer = 'late'`,
  );
  const writes = proxy.writes.length;
  expect(await put('late', body)).toMatchObject({ status: 200 });
  const { customers, subscriptions, cards } = await atStripe('late');
  expect([customers.length, subscriptions.length, cards.length]).toEqual([1, 1, 1]);
  const made = proxy.writes.slice(writes);
  expect(made).not.toContain('POST /v1/customers');
  expect(made).not.toContain('POST /v1/subscriptions');
});

test('ten requests at once make one customer', async () => {
  const body = { email: 'many@example.com', plan: 'pro' };
  const answers = await Promise.all(Array.from({ length: 10 }, () => put('many', body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
  expect(new Set(answers.map(({ subscriptionId }) => subscriptionId)).size).toBe(1);
  const { customers, subscriptions, cards } = await atStripe('many');
  expect([customers.length, subscriptions.length, cards.length]).toEqual([1, 1, 1]);
});

test('while Temporal is down the customer is made, and its workflow later', async () => {
  temporalIsDown = true;
  const body = { email: 'tina@example.com' };
  expect(await put('tina', body)).toMatchObject({ status: 201, billingStatus: 'pending' });
  temporalIsDown = false;
  await put('tina', body);
  expect(started).toEqual(['tina']);
});

test('a changed e-mail or name is changed here and at Stripe; a name left out stays', async () => {
  await put('nora', { email: 'nora@example.com', name: 'Nora' });
  expect(await put('nora', { email: 'n@example.com' })).toMatchObject({ name: 'Nora' });
  expect((await atStripe('nora')).customers[0]).toMatchObject({
    email: 'n@example.com',
    name: 'Nora',
  });
  expect(await put('nora', { email: 'n@example.com', name: null })).toMatchObject({ name: null });
  expect((await atStripe('nora')).customers[0]?.name ?? '').toBe('');
});

describe('a customer on a test clock', () => {
  test('lives in the clock’s time, also at Stripe', async () => {
    const frozen = Date.UTC(2026, 0, 1) / 1000;
    const clock = await stripe.testHelpers.testClocks.create({ frozen_time: frozen });
    const body = { email: 'clock@example.com', plan: 'starter', testClock: clock.id };
    expect(await put('clocked', body)).toMatchObject({ status: 201, testClock: clock.id });
    const { subscriptions } = await atStripe('clocked', clock.id);
    expect(subscriptions[0]?.items.data[0]?.current_period_start).toBe(frozen);
    expect(await createClocks(stripe).now(clock.id)).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  test('can’t be moved to another clock, nor put on one later', async () => {
    await put('still', { email: 'still@example.com' });
    const answer = await put('still', { email: 'still@example.com', testClock: 'clock_1' });
    expect(answer).toMatchObject({ code: 'customer_conflict' });
    expect(answer.detail).toMatch(/is on no test clock/);
  });

  test('needs a clock that Stripe has, and leaves no trace otherwise', async () => {
    const body = { email: 'x@example.com', testClock: 'clock_nowhere' };
    expect(await put('ghost', body)).toMatchObject({ code: 'invalid_request' });
    expect(await ask('GET', 'ghost')).toMatchObject({ code: 'customer_not_found' });
  });
});

describe('is refused:', () => {
  test('another plan for a customer that has one, with the way to change it', async () => {
    await put('paul', { email: 'paul@example.com', plan: 'starter' });
    const answer = await put('paul', { email: 'paul@example.com', plan: 'pro' });
    expect(answer).toMatchObject({ code: 'customer_conflict' });
    expect(answer.detail).toMatch(/POST \/v1\/customers\/paul\/plan/);
  });

  test('a plan that the catalog does not have, naming those it has', async () => {
    const answer = await put('quin', { email: 'quin@example.com', plan: 'gold' });
    expect(answer).toMatchObject({ code: 'plan_not_found' });
    expect(answer.detail).toMatch(/pay_as_you_go, starter, pro, enterprise/);
    expect(await ask('GET', 'quin')).toMatchObject({ code: 'customer_not_found' });
  });

  test.each<[string, string, unknown, RegExp]>([
    ['no e-mail', 'rita', {}, /email/],
    ['an e-mail that is none', 'rita', { email: 'rita' }, /email/],
    ['a field that does not exist', 'rita', { email: 'r@example.com', plam: 'pro' }, /plam/],
    ['an id with a space', 'a%20b', { email: 'r@example.com' }, /expected 1 to 200 letters/],
    ['an id that is too long', 'x'.repeat(201), { email: 'r@example.com' }, /expected 1 to 200/],
  ])('%s', async (_case, customer, body, reason) => {
    const answer = await put(customer, body);
    expect(answer).toMatchObject({ code: 'invalid_request' });
    expect(answer.detail).toMatch(reason);
  });
});
