/** Usage that Stripe took and could not count: whoever it is of hears of it, and nobody else. */
import type { Pool } from 'pg';
import { createPool } from '../../src/db/pool';
import { receiveStripeEvent } from '../../src/db/stripe-events';
import { forwardStripeEventsOnce } from '../../src/ingest/stripe-event-forwarder';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import type { StripeEventHint } from '../../src/core/state/remembered';

const TYPE = 'v1.billing.meter.error_report_triggered';
const ANNS = 'sub_ann:1767225600:overage_standard:3';
const ANNS_TOO = 'sub_ann:1767225600:overage_standard:4';
const BOBS = 'sub_bob:1767225600:overage_standard:1';

let database: TestDatabase;
let pool: Pool;
let sent: { customer: string; hint: StripeEventHint }[];
let temporalIsDown: boolean;
/** What Stripe says of a report. */
let report: readonly string[] | null | Error;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id, subscription_id)
     values ('ann', 'a@b.c', 'pro', 'cus_ann', 'sub_ann'),
            ('bob', 'a@b.c', 'pro', 'cus_bob', 'sub_bob')`,
  );
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  sent = [];
  temporalIsDown = false;
  await pool.query('truncate stripe_events');
});

const forward = () =>
  forwardStripeEventsOnce({
    pool,
    log: { warn: () => undefined, info: () => undefined },
    readChargeCustomer: async () => null,
    adoptSubscription: async () => null,
    readAccount: async () => null,
    vendorChanged: async () => undefined,
    readMeterErrors: async () => {
      if (report instanceof Error) throw report;
      return report?.map((identifier) => ({ identifier, code: 'archived_meter' })) ?? null;
    },
    signals: {
      signalStripeEvent: async (customer, hint) => {
        if (temporalIsDown) throw new Error('14 UNAVAILABLE');
        sent.push({ customer, hint });
      },
    },
  });

const receive = (id: string, change: { type?: string; stripeCustomerId?: string } = {}) =>
  receiveStripeEvent(pool, {
    id,
    type: TYPE,
    apiVersion: null,
    stripeAccount: null,
    objectId: 'mtr_1',
    stripeCustomerId: null,
    created: new Date('2026-01-01T00:00:00Z'),
    payload: '{}',
    ...change,
  });

async function stateOf(id: string) {
  const { rows } = await pool.query<{ status: string; last_error: string | null }>(
    'select status, last_error from stripe_events where id = $1',
    [id],
  );
  return rows[0];
}

const dueAgain = () =>
  pool.query(`update stripe_events set next_attempt_at = '-infinity' where status = 'waiting'`);

test('every customer that is named hears of its own reports', async () => {
  report = [ANNS, 'lost:1', BOBS, ANNS_TOO];
  await receive('evt_r');
  await forward();
  const hint = { id: 'evt_r', type: TYPE, created: 1_767_225_600 };
  expect(sent).toEqual([
    { customer: 'ann', hint: { ...hint, objectId: ANNS } },
    { customer: 'bob', hint: { ...hint, objectId: BOBS } },
    { customer: 'ann', hint: { ...hint, objectId: ANNS_TOO } },
  ]);
  expect(await stateOf('evt_r')).toEqual({ status: 'forwarded', last_error: null });
});

test.each<[string, readonly string[] | null, string]>([
  ['names strangers only', ['lost:1', 'sub_x:1:r:1'], 'no report of ours: lost:1, sub_x:1:r:1'],
  ['names nothing', [], 'it names no report of ours: nothing at all'],
  ['is older than Stripe keeps it', null, 'Stripe does not keep this report any more'],
])('a report that %s is ignored, with the reason', async (_case, said, reason) => {
  report = said;
  await receive('evt_r');
  await forward();
  expect(await stateOf('evt_r')).toEqual({
    status: 'ignored',
    last_error: expect.stringContaining(reason) as string,
  });
  expect(sent).toEqual([]);
});

test('while Stripe or Temporal is down a report waits, and holds nobody up', async () => {
  report = new Error('Stripe: stripe_unreachable (no answer)');
  await receive('evt_r');
  await receive('evt_paid', { type: 'invoice.paid', stripeCustomerId: 'cus_ann' });
  await forward();
  expect(sent.map(({ hint }) => hint.id)).toEqual(['evt_paid']);
  expect(await stateOf('evt_r')).toEqual({
    status: 'waiting',
    last_error: 'Stripe: stripe_unreachable (no answer)',
  });
  report = [ANNS];
  temporalIsDown = true;
  await dueAgain();
  await forward();
  expect(await stateOf('evt_r')).toEqual({ status: 'waiting', last_error: '14 UNAVAILABLE' });
  temporalIsDown = false;
  await dueAgain();
  await forward();
  expect(sent.map(({ hint }) => hint.id)).toEqual(['evt_paid', 'evt_r']);
});
