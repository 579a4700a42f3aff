/** Events about a customer who was sent to Checkout: no workflow begins before they have paid. */
import type { Pool } from 'pg';
import { receiveStripeEvent } from '../../src/db/stripe-events';
import { forwardStripeEventsOnce } from '../../src/ingest/stripe-event-forwarder';
import { createPool } from '../../src/db/pool';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';

let database: TestDatabase;
let pool: Pool;
let told: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  told = [];
  await pool.query('truncate stripe_events, customers cascade');
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id, awaits_checkout)
     values ('ann', 'a@b.c', 'pro', 'cus_ann', true)`,
  );
});

const receive = (type: string) =>
  receiveStripeEvent(pool, {
    ...{ id: 'evt_1', type, apiVersion: 'v', stripeAccount: null, objectId: 'cs_1' },
    ...{ stripeCustomerId: 'cus_ann', created: new Date('2026-01-01T00:00:00Z') },
    payload: '{"data":{"object":{}}}',
  });

/** `made`: the subscription that Checkout made, if it made one. */
async function forward(made: string | null): Promise<string | undefined> {
  await forwardStripeEventsOnce({
    ...{ pool, log: { warn: () => undefined, info: () => undefined } },
    ...{ readMeterErrors: async () => null, readChargeCustomer: async () => null },
    ...{ readAccount: async () => null, vendorChanged: async () => undefined },
    adoptSubscription: async () => made,
    signals: { signalStripeEvent: async (customer) => void told.push(customer) },
  });
  const { rows } = await pool.query<{ status: string }>('select status from stripe_events');
  return rows[0]?.status;
}

test('while nothing is paid no workflow hears of them', async () => {
  await receive('customer.subscription.created');
  expect(await forward(null)).toBe('ignored');
  expect(told).toEqual([]);
});

test('the workflow begins with what was paid', async () => {
  await receive('checkout.session.completed');
  expect(await forward('sub_1')).toBe('forwarded');
  expect(told).toEqual(['ann']);
});

test('a session that is complete waits for Stripe to list what it made, and not for ever', async () => {
  await receive('checkout.session.completed');
  expect(await forward(null)).toBe('waiting');
  await pool.query(
    `update stripe_events set next_attempt_at = next_attempt_at - interval '6 minutes',
                              received_at = received_at - interval '6 minutes'`,
  );
  expect(await forward(null)).toBe('ignored');
  expect(told).toEqual([]);
});
