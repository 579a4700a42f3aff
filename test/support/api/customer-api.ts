/**
 * The customer routes on a real database and the sandbox, behind a proxy that can lose requests.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { adoptSubscription as adopt } from '../../../activities/adopt-subscription';
import { checkoutRoutes } from '../../../src/api/checkout/checkout';
import { customerRoutes } from '../../../src/api/customers/customers';
import type { CustomerView } from '../../../src/api/customers/customers';
import { DomainError } from '../../../src/core/errors';
import { createPool } from '../../../src/db/pool';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { createStripe } from '../../../src/stripe/client';
import { createClocks } from '../../../src/stripe/test-clocks';
import { createTestDatabase } from '../stack/database';
import { startFaultyProxy } from '../network/faulty-proxy';
import type { FaultyProxy } from '../network/faulty-proxy';

type Answer = { status: number; code?: string; detail?: string } & Partial<CustomerView>;

type CheckoutAnswer = { status: number; code?: string; detail?: string } & Partial<{
  id: string;
  url: string;
  expiresAt: string;
}>;

export interface CustomerApi {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly proxy: FaultyProxy;
  /** Customers whose workflow was asked for; empty it before each test. */
  readonly started: string[];
  temporalIsDown: boolean;
  put(customer: string, body: unknown): Promise<Answer>;
  get(customer: string): Promise<Answer>;
  checkout(customer: string, body: unknown, key?: string): Promise<CheckoutAnswer>;
  /** All that Stripe has of the customer, found by metadata alone. */
  atStripe(customer: string, testClock?: string): Promise<AtStripe>;
  close(): Promise<void>;
}

interface AtStripe {
  readonly customers: Stripe.Customer[];
  readonly subscriptions: Stripe.Subscription[];
  readonly cards: Stripe.PaymentMethod[];
}

/** With a live key no test card is attached. */
export async function startCustomerApi({ isTestMode = true } = {}): Promise<CustomerApi> {
  const database = await createTestDatabase();
  const pool = createPool({ connectionString: database.url });
  const sandbox = await startStripeSandbox({});
  const proxy = await startFaultyProxy(sandbox.url);
  const stripe = createStripe({ secretKey: 'sk_test_customers', apiBase: proxy.url });
  const catalog = await loadCatalog(join(__dirname, '../../../catalog.yaml'));
  await pushCatalog(stripe, catalog);

  const app = express().use(express.json());
  const startBilling = async (customer: string) => {
    if (api.temporalIsDown) throw new Error('14 UNAVAILABLE');
    api.started.push(customer);
  };
  const clocks = createClocks(stripe);
  const log = { warn: () => undefined };
  const readSubscriptionAgain = async () => undefined;
  const adoptSubscription = (customer: string) => adopt({ pool, stripe }, customer);
  const connections = { pool, stripe, catalog, clocks, startBilling, readSubscriptionAgain };
  const deps = { ...connections, adoptSubscription, isTestMode, log };
  app.use(checkoutRoutes(deps, anyone));
  app.use(customerRoutes(deps, { readCustomer: anyone, admin: anyone }));
  app.use(asCode);
  const server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/customers`;

  const api: CustomerApi = {
    pool,
    stripe,
    proxy,
    started: [],
    temporalIsDown: false,
    put: (customer, body) => ask(`${url}/${customer}`, sending('PUT', body)),
    get: (customer) => ask(`${url}/${customer}`),
    checkout: (customer, body, key) =>
      ask<CheckoutAnswer>(`${url}/${customer}/checkout`, sending('POST', body, key)),
    atStripe: (customer, testClock) => readStripe(stripe, customer, testClock),
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await proxy.close();
      await sandbox.close();
      await pool.end();
      await database.drop();
    },
  };
  return api;
}

const anyone: RequestHandler = (_request, _response, next) => next();

/** Which status a code has is tested with the whole API. */
const asCode: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const code = error instanceof DomainError ? error.code : 'unexpected';
  response.status(code === 'unexpected' ? 500 : 400).json({ code, detail: String(error) });
};

const sending = (method: string, body: unknown, key?: string): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
  body: JSON.stringify(body),
});

async function ask<T extends object = Answer>(url: string, request: RequestInit = {}): Promise<T> {
  const response = await fetch(url, request);
  return { ...((await response.json()) as T), status: response.status };
}

async function readStripe(
  stripe: Stripe,
  customer: string,
  testClock: string | undefined,
): Promise<AtStripe> {
  const everyone = await stripe.customers
    .list({ limit: 100, ...(testClock && { test_clock: testClock }) })
    .autoPagingToArray({ limit: 1_000 });
  const customers = everyone.filter(({ metadata }) => metadata.tollkeeper_customer === customer);
  const id = customers[0]?.id ?? 'none';
  const { data: subscriptions } = await stripe.subscriptions.list({ customer: id });
  const { data: cards } = await stripe.paymentMethods.list({ customer: id });
  return { customers, subscriptions, cards };
}
