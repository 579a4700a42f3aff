/** The vendor routes on a real database and the sandbox, behind a proxy that can lose requests. */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { createApp } from '../../../src/api/app';
import type { Catalog } from '../../../src/core/plans/catalog';
import { createApiKey } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { createStripe } from '../../../src/stripe/client';
import { createClocks } from '../../../src/stripe/test-clocks';
import { createTestDatabase } from '../stack/database';
import { startFaultyProxy } from '../network/faulty-proxy';
import type { FaultyProxy } from '../network/faulty-proxy';

/** The answer's own `status` if it has one, else HTTP's. */
export type Answer = { code?: string; detail?: string } & Record<string, unknown>;

export interface VendorApi {
  readonly url: string;
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly catalog: Catalog;
  readonly proxy: FaultyProxy;
  /** Vendors whose payouts were told. */
  readonly told: string[];
  request(method: string, path: string, body?: unknown): Promise<Response>;
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  put(vendor: string, body: unknown): Promise<Answer>;
  /** An order to the sandbox. */
  order(path: string, body: unknown): Promise<void>;
  /** Made, onboarded, and known to be: money may be sent to it. Answers its account. */
  readyVendor(vendor: string): Promise<string>;
  /** With this card as the default. Answers Stripe's id. */
  addCustomer(customer: string, card?: string): Promise<string>;
  accountsOf(vendor: string): Promise<Stripe.Account[]>;
  close(): Promise<void>;
}

/** Acme, and these with the same terms, for what a test does to a vendor is not undone. */
export const withVendors =
  (...ids: readonly string[]) =>
  (catalog: Catalog): Catalog => {
    const more = catalog.vendors
      .slice(0, 1)
      .flatMap((acme) => ids.map((id) => ({ ...acme, id, name: `The ${id}`, rates: [] })));
    return { ...catalog, vendors: [...catalog.vendors, ...more] };
  };

export async function startVendorApi(change: (catalog: Catalog) => Catalog = (it) => it) {
  const database = await createTestDatabase();
  const pool = createPool({ connectionString: database.url });
  const sandbox = await startStripeSandbox({});
  const proxy = await startFaultyProxy(sandbox.url);
  const stripe = createStripe({ secretKey: 'sk_test_vendors', apiBase: proxy.url });
  const catalog = change(await loadCatalog('catalog.yaml'));
  await pushCatalog(stripe, catalog);
  const { key } = await createApiKey(pool, { name: 'admin', scopes: ['admin'] });
  const told: string[] = [];
  const listener = appOf({ pool, stripe, catalog, told });
  const { url, close } = await listen(listener);
  const request: VendorApi['request'] = (method, path, body) =>
    fetch(`${url}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const ask: VendorApi['ask'] = async (method, path, body) => {
    const response = await request(method, path, body);
    return { status: response.status, ...((await response.json()) as object) };
  };
  const api: VendorApi = {
    ...{ url, pool, stripe, catalog, proxy, told, request, ask },
    put: (vendor, body) => ask('PUT', `vendors/${vendor}`, body),
    order: (path, body) => orderOf(sandbox.url, path, body),
    readyVendor: (vendor) => makeReady(api, vendor),
    addCustomer: (customer, card) => subscribe(api, customer, card),
    accountsOf: async (vendor) => {
      const everyone = await stripe.accounts.list({ limit: 100 });
      return everyone.data.filter(({ metadata }) => metadata?.tollkeeper_vendor === vendor);
    },
    close: async () => {
      await close();
      await proxy.close();
      await sandbox.close();
      await pool.end();
      await database.drop();
    },
  };
  return api;
}

function appOf({ told, ...deps }: Pick<VendorApi, 'pool' | 'stripe' | 'catalog' | 'told'>) {
  const nothing = async () => undefined;
  const { listener } = createApp({
    ...deps,
    ...{ clocks: createClocks(deps.stripe), isTestMode: true, log: pino({ level: 'silent' }) },
    startBilling: nothing,
    adoptSubscription: async () => null,
    readSubscriptionAgain: nothing,
    startPayout: nothing,
    vendorChanged: async (vendor) => void told.push(vendor),
    updates: {} as never,
    openExceptions: {} as never,
    config: { STRIPE_WEBHOOK_SECRET: 'whsec_vendors', PUBLIC_URL: 'https://bill.example.com/' },
  });
  return listener;
}

async function orderOf(sandboxUrl: string, path: string, body: unknown): Promise<void> {
  const order = { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`${sandboxUrl}/_sandbox/${path}`, order);
  if (!answer.ok) throw new Error(`the sandbox refused: ${await answer.text()}`);
}

async function makeReady(api: VendorApi, vendor: string): Promise<string> {
  const body = { email: `${vendor}@example.com` };
  const account = String((await api.put(vendor, body)).stripeAccountId);
  await api.stripe.accounts.createExternalAccount(account, {
    external_account: 'btok_us_verified',
  });
  await api.order('onboarding', { account });
  const { transfersStatus } = await api.put(vendor, body);
  expect(transfersStatus).toBe('active');
  return account;
}

async function subscribe(api: VendorApi, customer: string, card?: string): Promise<string> {
  const body = { email: `${customer}@example.com`, plan: 'starter' };
  const made = await api.ask('PUT', `customers/${customer}`, body);
  const id = String(made.stripeCustomerId);
  if (card !== undefined) await setDefaultCard(api.stripe, id, card);
  return id;
}

export async function setDefaultCard(stripe: Stripe, customer: string, card: string) {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

async function listen(app: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
