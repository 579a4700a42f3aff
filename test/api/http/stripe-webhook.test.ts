/**
 * The webhook: only what Stripe signed lately and in our version is taken, and it is in the inbox
 * before it is acknowledged.
 */
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import type { ErrorRequestHandler } from 'express';
import type { Pool } from 'pg';
import { stripeWebhookRoutes } from '../../../src/api/http/stripe-webhook';
import { DomainError } from '../../../src/core/errors';
import { createPool } from '../../../src/db/pool';
import { STRIPE_API_VERSION, createStripe } from '../../../src/stripe/client';
import { openGates } from '../../support/api/open-gates';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';

const SECRET = 'whsec_current';
const PREVIOUS = 'whsec_previous';
const THIN = 'whsec_thin';
const CONNECT = 'whsec_connect';
const stripe = createStripe({ secretKey: 'sk_test_webhook' });
const gear = { stripe, isTestMode: true, countStranger: jest.fn() };

let database: TestDatabase;
let pool: Pool;
let server: Server;
let url: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id)
     select 'c' || number, 'a@b.c', 'pro', 'cus_' || number from generate_series(1, 8) as number`,
  );
  const app = express();
  const config = {
    ...{ STRIPE_WEBHOOK_SECRET: SECRET, STRIPE_WEBHOOK_SECRET_PREVIOUS: PREVIOUS },
    ...{ STRIPE_WEBHOOK_SECRET_THIN: THIN, STRIPE_WEBHOOK_SECRET_CONNECT: CONNECT },
  };
  const { refusals } = openGates(pool);
  app.use(stripeWebhookRoutes({ ...gear, pool, config, refusals }));
  const asStatus: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    const code = error instanceof DomainError ? error.code : 'unexpected';
    response.status(code === 'unexpected' ? 500 : 400).json({ code, detail: String(error) });
  };
  app.use(asStatus);
  server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await pool.end();
  await database.drop();
});

let events = 0;
function anEvent(change: Record<string, unknown> = {}, object: Record<string, unknown> = {}) {
  events += 1;
  return {
    id: `evt_${events}`,
    object: 'event',
    type: 'invoice.paid',
    api_version: STRIPE_API_VERSION,
    created: 1_767_225_600,
    data: { object: { id: 'in_1', object: 'invoice', customer: 'cus_1', ...object } },
    ...change,
  };
}

function aThinEvent(type: string) {
  events += 1;
  return {
    id: `evt_thin_${events}`,
    object: 'v2.core.event',
    type,
    created: '2026-01-01T00:00:00.000Z',
    related_object: { id: 'mtr_1', type: 'billing.meter', url: '/v1/billing/meters/mtr_1' },
  };
}

type Delivery = {
  readonly secret?: string;
  readonly ageSeconds?: number;
  readonly sentBody?: string;
};

async function deliver(
  event: unknown,
  { secret = SECRET, ageSeconds = 0, sentBody }: Delivery = {},
) {
  const payload = typeof event === 'string' ? event : JSON.stringify(event);
  const timestamp = Math.floor(Date.now() / 1000) - ageSeconds;
  const header = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return post(sentBody ?? payload, { 'stripe-signature': header });
}

async function post(body: string, headers: Record<string, string>) {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });
  const answer = (await response.json()) as { code?: string; detail?: string; duplicate?: boolean };
  return { status: response.status, ...answer };
}

async function inbox(id: string) {
  const { rows } = await pool.query('select * from stripe_events where id = $1', [id]);
  return rows[0] as Record<string, unknown> | undefined;
}

test('a signed event is in the inbox, waiting, when it is acknowledged', async () => {
  const event = anEvent();
  expect(await deliver(event)).toMatchObject({ status: 200, duplicate: false });
  expect(await inbox(event.id)).toMatchObject({
    type: 'invoice.paid',
    status: 'waiting',
    object_id: 'in_1',
    stripe_customer_id: 'cus_1',
    api_version: STRIPE_API_VERSION,
    created: new Date('2026-01-01T00:00:00Z'),
    payload: event,
  });
});

test('the same event again, twenty times at once, is taken once', async () => {
  const event = anEvent();
  const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(event)));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(answers.filter(({ duplicate }) => duplicate === false)).toHaveLength(1);
});

test('while the secret is rolled, either secret is good', async () => {
  expect(await deliver(anEvent(), { secret: PREVIOUS })).toMatchObject({ status: 200 });
});

test('a report of meter errors, signed by the secret of its own destination, waits', async () => {
  const event = aThinEvent('v1.billing.meter.error_report_triggered');
  expect(await deliver(event, { secret: THIN })).toMatchObject({ status: 200 });
  expect(await inbox(event.id)).toMatchObject({ status: 'waiting', object_id: 'mtr_1' });
});

test.each(['account.updated', 'capability.updated', 'payout.failed'])(
  '%s of a vendor’s account, signed by the secret of the Connect endpoint, waits',
  async (type) => {
    const event = anEvent({ type, account: 'acct_1' }, { id: 'acct_1', customer: undefined });
    expect(await deliver(event, { secret: CONNECT })).toMatchObject({ status: 200 });
    expect(await inbox(event.id)).toMatchObject({ status: 'waiting', stripe_account: 'acct_1' });
  },
);

describe('is refused and not kept:', () => {
  test.each<[string, Delivery]>([
    ['a signature by another secret', { secret: 'whsec_other' }],
    ['a signature older than five minutes', { ageSeconds: 301 }],
    [
      'a body that is not the signed one',
      { sentBody: JSON.stringify(anEvent({ id: 'evt_forged' })) },
    ],
  ])('%s', async (_case, delivery) => {
    const event = anEvent();
    const answer = await deliver(event, delivery);
    expect(answer).toMatchObject({ status: 400, code: 'webhook_signature_invalid' });
    expect(await inbox(event.id)).toBeUndefined();
    expect(await inbox('evt_forged')).toBeUndefined();
  });

  test('no signature at all', async () => {
    const answer = await post(JSON.stringify(anEvent()), {});
    expect(answer).toMatchObject({ status: 400, code: 'webhook_signature_invalid' });
  });

  test.each(['2020-08-27', '2025-03-31.basil', null])(
    'API version %s, and says why',
    async (version) => {
      const event = anEvent({ api_version: version });
      const answer = await deliver(event);
      expect(answer).toMatchObject({ status: 400, code: 'webhook_api_version_mismatch' });
      expect(answer.detail).toMatch(/not kept.*Create the webhook endpoint with api_version/);
      expect(await inbox(event.id)).toBeUndefined();
    },
  );

  test.each<[string, unknown]>([
    ['no JSON', '{"id":'],
    ['no event', { hello: 'world' }],
    ['an event about nothing', anEvent({ data: {} })],
  ])('a signed body with %s', async (_case, body) => {
    expect(await deliver(body)).toMatchObject({ status: 400, code: 'invalid_request' });
  });
});

test('an event that is almost five minutes old is still taken', async () => {
  expect(await deliver(anEvent(), { ageSeconds: 295 })).toMatchObject({ status: 200 });
});

describe('is kept, but goes nowhere:', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a type that billing has no use for', { type: 'charge.updated' }, /no use for charge.updated/],
    ['a connected account’s own business', { account: 'acct_9' }, /connected account acct_9/],
    ['the payment of an invoice', { type: 'charge.succeeded' }, /it is no one-off sale/],
    ['a failed payout of the platform', { type: 'payout.failed' }, /no use for payout.failed/],
  ])('%s', async (_case, change, reason) => {
    const event = anEvent(change);
    expect(await deliver(event)).toMatchObject({ status: 200 });
    const last_error = expect.stringMatching(reason) as string;
    expect(await inbox(event.id)).toMatchObject({ status: 'ignored', last_error });
  });

  test('a thin event of another kind', async () => {
    const event = aThinEvent('v1.customer.created');
    expect(await deliver(event, { secret: THIN })).toMatchObject({ status: 200 });
    expect(await inbox(event.id)).toMatchObject({ status: 'ignored', object_id: 'mtr_1' });
  });
});

test('a customer that comes expanded, or is the object itself, is found', async () => {
  const expanded = anEvent({}, { customer: { id: 'cus_7', object: 'customer' } });
  const object = { id: 'cus_8', object: 'customer', customer: undefined };
  const itself = anEvent({ type: 'customer.updated' }, object);
  await deliver(expanded);
  await deliver(itself);
  expect(await inbox(expanded.id)).toMatchObject({ stripe_customer_id: 'cus_7' });
  expect(await inbox(itself.id)).toMatchObject({ stripe_customer_id: 'cus_8' });
});

test('nothing is kept of an event about nobody of ours, and it is counted', async () => {
  const event = anEvent({}, { customer: 'cus_stranger' });
  expect(await deliver(event)).toMatchObject({ status: 200 });
  expect(await inbox(event.id)).toBeUndefined();
  expect(gear.countStranger).toHaveBeenCalledTimes(1);
});

test('events as Stripe sent them years ago are refused by their version', async () => {
  // Not in every checkout: the cases above stand for them then.
  const folder = join(__dirname, '../../../../shared/fixtures/stripe/sync-engine-2020-03-02');
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((file) => file.endsWith('.json'))) {
    const answer = await deliver(await readFile(join(folder, name), 'utf8'));
    expect([name, answer.code]).toEqual([name, 'webhook_api_version_mismatch']);
  }
});
