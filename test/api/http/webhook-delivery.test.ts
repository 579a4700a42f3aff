/** Stripe's own deliveries reach the inbox: signed, in our version, and about customers of ours. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Pool } from 'pg';
import { stripeWebhookRoutes } from '../../../src/api/http/stripe-webhook';
import { createPool } from '../../../src/db/pool';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import { STRIPE_API_VERSION, createStripe } from '../../../src/stripe/client';
import { openGates } from '../../support/api/open-gates';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';
import { eventually } from '../../support/stack/eventually';

let database: TestDatabase;
let pool: Pool;
let server: Server;
let sandbox: Awaited<ReturnType<typeof startStripeSandbox>>;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  sandbox = await startStripeSandbox({});
});
afterAll(async () => {
  await sandbox.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await pool.end();
  await database.drop();
});

test('a new subscription is told to us by signed events that name the customer', async () => {
  const stripe = createStripe({ secretKey: 'sk_test_delivery', apiBase: sandbox.url });
  const app = express();
  server = createServer(app);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const endpoint = await stripe.webhookEndpoints.create({
    url: `http://127.0.0.1:${port}/webhooks/stripe`,
    enabled_events: ['*'],
    api_version: STRIPE_API_VERSION,
  });
  const config = { STRIPE_WEBHOOK_SECRET: String(endpoint.secret) };
  const { refusals } = openGates(pool);
  app.use(stripeWebhookRoutes({ pool, stripe, config, refusals, isTestMode: true }));

  const customer = await stripe.customers.create({ email: 'ann@example.com' });
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id) values ('ann', 'a@b.c', 'pro', $1)`,
    [customer.id],
  );
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const product = await stripe.products.create({ name: 'Plan' });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 2900,
    recurring: { interval: 'month' },
  });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    default_payment_method: card.id,
  });

  const received = () =>
    pool
      .query<{ type: string; object_id: string }>(
        `select type, object_id from stripe_events
          where status = 'waiting' and stripe_customer_id = $1`,
        [customer.id],
      )
      .then(({ rows }) => rows);
  const rows = await eventually(received, (seen) =>
    ['customer.subscription.created', 'invoice.paid'].every((expected) =>
      seen.some(({ type }) => type === expected),
    ),
  );
  const created = rows.find(({ type }) => type === 'customer.subscription.created');
  expect(created?.object_id).toBe(subscription.id);
});
