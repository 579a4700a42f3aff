/** What the customer's page asks the API, with tokens of any kind, over the sandbox. */
import { randomBytes } from 'node:crypto';
import type Stripe from 'stripe';
import type { Right } from '../../../src/core/subscription/rights';
import { RIGHTS } from '../../../src/core/subscription/rights';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import { createCustomerTokens, createManageLinks } from '../../../src/links/signed-link';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { createStripe } from '../../../src/stripe/client';
import { JANUARY } from '../builders/builders';
import { startTestApi } from './api';
import type { TestApi } from './api';
import { recordUpdates } from './recorded-updates';
import type { AskedUpdate } from './recorded-updates';

export const LINK_CONFIG = { STRIPE_WEBHOOK_SECRET: 'whsec_test' };

export interface OwnPage {
  readonly api: TestApi;
  readonly stripe: Stripe;
  /** What the workflows were asked for; empty it before each test. */
  readonly asked: AskedUpdate[];
  /** On a test clock, at the beginning of January. */
  addSubscriber(customer: string): Promise<void>;
  /** `name`: method and path, as in "POST plan" of the page, or "POST /v1/me/plan". */
  send(name: string, request: SentByPage): Promise<PageAnswer>;
  close(): Promise<void>;
}

export interface SentByPage {
  readonly token?: string | undefined;
  readonly body?: object;
  readonly key?: string;
}

export interface PageAnswer {
  readonly status: number;
  readonly code: unknown;
  readonly answer: Record<string, unknown>;
}

/** `config`: of the API, besides its secret. */
export async function startOwnPage(config: object = {}): Promise<OwnPage> {
  const sandbox = await startStripeSandbox();
  const stripe = createStripe({ secretKey: 'sk_test_own', apiBase: sandbox.url });
  await pushCatalog(stripe, await loadCatalog('catalog.yaml'));
  const { asked, updates } = recordUpdates(JANUARY);
  const api = await startTestApi({ stripe, updates, config: { ...LINK_CONFIG, ...config } });
  return {
    ...{ api, stripe, asked },
    addSubscriber: (customer) => addSubscriber(api, stripe, customer),
    send: (name, request) => send(api.url, name, request),
    close: async () => {
      await api.close();
      await sandbox.close();
    },
  };
}

async function addSubscriber(api: TestApi, stripe: Stripe, customer: string): Promise<void> {
  const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: JANUARY });
  api.clocks.set(id, new Date(JANUARY * 1000));
  const { status } = await api.request(`/v1/customers/${customer}`, {
    ...{ method: 'PUT', key: api.keys.admin, headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ email: `${customer}@example.com`, plan: 'starter', testClock: id }),
  });
  if (status !== 201) throw new Error(`${customer} was not made: ${status}`);
}

export const manageTokenOf = (customer: string, rights: readonly Right[] = RIGHTS): string =>
  createManageLinks(LINK_CONFIG).sign({
    ...{ subject: customer, rights, expiresAt: new Date(Date.now() + 60_000) },
  });

export const customerTokenOf = (customer: string, rights: readonly Right[] = RIGHTS): string =>
  createCustomerTokens(LINK_CONFIG).sign({
    ...{ subject: customer, rights, expiresAt: new Date(Date.now() + 60_000) },
  });

export const newPageKey = (): string => randomBytes(16).toString('hex');

async function send(
  apiUrl: string,
  name: string,
  { token, body = {}, key = newPageKey() }: SentByPage,
): Promise<PageAnswer> {
  const [method = '', path = ''] = name.split(' ');
  const place = path.startsWith('/') ? path : `/dashboard/${path}`;
  const response = await fetch(apiUrl + place, {
    method,
    headers: {
      ...{ 'content-type': 'application/json', 'idempotency-key': key },
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(method === 'POST' && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, code: answer.code, answer };
}

/** What the page orders for who is on Starter, as it was shown. */
export const TO_PRO = {
  plan: 'pro',
  way: 'now',
  dueNowCents: 7_000,
  planPriceCents: 9_900,
} as const;
