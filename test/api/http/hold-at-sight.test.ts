/**
 * Goal: no renewal leaves before it is compared, even while nothing of ours but the webhook works:
 * its draft is held before Stripe is told that we know of it.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Pool } from 'pg';
import pino from 'pino';
import type Stripe from 'stripe';
import { problemHandler } from '../../../src/api/http/problems';
import { stripeWebhookRoutes } from '../../../src/api/http/stripe-webhook';
import { readHoldMark } from '../../../src/core/invoices/invoice-hold';
import { readAuditEntries } from '../../../src/db/audit-entries';
import { createPool } from '../../../src/db/pool';
import { createStripe } from '../../../src/stripe/client';
import { Stage } from '../../life/stage';
import { subscribe } from '../../life/subscribe';
import { openGates } from '../../support/api/open-gates';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';

const SECRET = 'whsec_current';
const START = 1_798_761_600; // 2027-01-01T00:00:00Z
const FEBRUARY = 1_801_440_000;

let database: TestDatabase;
let stage: Stage;
let pool: Pool;
const servers: Server[] = [];
/** With a Stripe that works, and with one that can't be reached. */
let url: string;
let unreachable: string;

async function serve(stripe: Stripe): Promise<string> {
  const app = express();
  const config = { STRIPE_WEBHOOK_SECRET: SECRET };
  const { refusals } = openGates(pool);
  app.use(stripeWebhookRoutes({ pool, stripe, config, refusals, isTestMode: true }));
  app.use(problemHandler(pino({ enabled: false })));
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/stripe`;
}

beforeAll(async () => {
  database = await createTestDatabase();
  stage = await Stage.open();
  pool = createPool({ connectionString: database.url });
  url = await serve(stage.stripe);
  unreachable = await serve(
    createStripe({ secretKey: 'sk_test_hold', apiBase: 'http://127.0.0.1:1' }),
  );
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
  await pool.end();
  await stage.close();
  await database.drop();
});

let customers = 0;
/** The draft of February, and Stripe's event that tells of it. */
async function aRenewal({ isOurs = true } = {}) {
  customers += 1;
  const name = `ada-${customers}`;
  const { subscriptionId, stripeCustomerId, clock } = await subscribe(stage, {
    ...{ name, plan: 'starter', start: START },
  });
  if (isOurs)
    await pool.query(
      `insert into customers (customer, email, plan, stripe_customer_id, subscription_id)
       values ($1, 'a@b.c', 'starter', $2, $3)`,
      [name, stripeCustomerId, subscriptionId],
    );
  await stage.advance(clock, FEBRUARY + 60);
  const [draft] = (await stage.stripe.invoices.list({ customer: stripeCustomerId })).data;
  const { data } = await stage.stripe.events.list({ type: 'invoice.created', limit: 1 });
  return { name, clock, draft: draft as Stripe.Invoice, event: data[0] as Stripe.Event };
}

async function deliver(event: Stripe.Event, to = url) {
  const payload = JSON.stringify(event);
  const header = stage.stripe.webhooks.generateTestHeaderString({ payload, secret: SECRET });
  const headers = { 'content-type': 'application/json', 'stripe-signature': header };
  const response = await fetch(to, { method: 'POST', body: payload, headers });
  const type = response.headers.get('content-type');
  return { status: response.status, type, answer: (await response.json()) as object };
}

const atStripe = ({ id }: Stripe.Invoice) => stage.stripe.invoices.retrieve(id);
const inInbox = async ({ id }: Stripe.Event): Promise<number> =>
  (await pool.query('select from stripe_events where id = $1', [id])).rowCount ?? 0;

test('a renewal’s draft is held, with our mark, before its event is acknowledged', async () => {
  const { name, clock, draft, event } = await aRenewal();
  expect(await deliver(event)).toMatchObject({ status: 200, answer: { duplicate: false } });
  const held = await atStripe(draft);
  expect(held).toMatchObject({ status: 'draft', auto_advance: false });
  const mark = readHoldMark(held.metadata?.tollkeeper_hold);
  expect(mark?.finalizesAt).toBe(draft.automatically_finalizes_at);
  expect(await readAuditEntries(pool, name)).toMatchObject([
    { kind: 'invoice_held', detail: { invoice: draft.id } },
  ]);
  await stage.advance(clock, FEBRUARY + 7_200);
  expect((await atStripe(draft)).status).toBe('draft');
});

test('told again it is held once, and once in the inbox', async () => {
  const { name, draft, event } = await aRenewal();
  await Promise.all([deliver(event), deliver(event)]);
  expect(await deliver(event)).toMatchObject({ status: 200, answer: { duplicate: true } });
  expect((await atStripe(draft)).auto_advance).toBe(false);
  expect(await inInbox(event)).toBe(1);
  expect((await readAuditEntries(pool, name)).length).toBeGreaterThan(0);
});

test('where it can’t be held the event is not acknowledged, so Stripe does not finalize; it is kept', async () => {
  const { draft, event } = await aRenewal();
  expect(await deliver(event, unreachable)).toMatchObject({
    status: 503,
    type: expect.stringContaining('application/problem+json') as string,
    answer: { code: 'invoice_not_held', detail: expect.stringContaining(draft.id) as string },
  });
  expect(await inInbox(event)).toBe(1);
  expect(await deliver(event)).toMatchObject({ status: 200, answer: { duplicate: true } });
  expect((await atStripe(draft)).auto_advance).toBe(false);
});

test('a stranger’s renewal is acknowledged at once and left alone', async () => {
  const { draft, event } = await aRenewal({ isOurs: false });
  expect(await deliver(event, unreachable)).toMatchObject({ status: 200 });
  expect((await atStripe(draft)).auto_advance).toBe(true);
});

test('a first invoice is not held', async () => {
  const { event } = await aRenewal();
  const { object } = event.data as unknown as { object: Stripe.Invoice };
  const first = { ...object, billing_reason: 'subscription_create' };
  const told = { ...event, id: `${event.id}_first`, data: { object: first } };
  expect(await deliver(told as unknown as Stripe.Event, unreachable)).toMatchObject({
    status: 200,
  });
});

test('an invoice that was finalized before its event came is still collected', async () => {
  const { draft, event } = await aRenewal();
  await stage.stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true });
  expect(await deliver(event)).toMatchObject({ status: 200 });
  expect((await atStripe(draft)).metadata).toEqual({});
});
