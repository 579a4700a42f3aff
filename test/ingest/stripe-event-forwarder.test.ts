/**
 * From the inbox to the workflows: in order, once settled never again, and nothing lost meanwhile.
 */
import type { Pool } from 'pg';
import type { ReceivedStripeEvent } from '../../src/core/state/stripe-event';
import { receiveStripeEvent } from '../../src/db/stripe-events';
import { forwardStripeEventsOnce } from '../../src/ingest/stripe-event-forwarder';
import { createPool } from '../../src/db/pool';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import type { StripeEventHint } from '../../src/core/state/remembered';

let database: TestDatabase;
let pool: Pool;
let sent: { customer: string; id: string }[];
let temporalIsDown: boolean;
const hints: StripeEventHint[] = [];
const log = { warn: () => undefined, info: () => undefined };

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  sent = [];
  temporalIsDown = false;
  await pool.query('truncate stripe_events, customers cascade');
  await addCustomer('ann', 'cus_ann');
});

const deps = () => ({
  pool,
  log,
  readMeterErrors: async () => null,
  readChargeCustomer: async () => null,
  adoptSubscription: async () => null,
  readAccount: async () => null,
  vendorChanged: async () => undefined,
  signals: {
    signalStripeEvent: async (customer: string, hint: StripeEventHint) => {
      if (temporalIsDown) throw new Error('14 UNAVAILABLE');
      hints.push(hint);
      sent.push({ customer, id: hint.id });
    },
  },
});
const forward = () => forwardStripeEventsOnce(deps());

async function addCustomer(customer: string, stripeCustomerId: string | null) {
  await pool.query(
    `insert into customers (customer, email, plan, stripe_customer_id) values ($1, 'a@b.c', 'pro', $2)`,
    [customer, stripeCustomerId],
  );
}

function receive(id: string, change: Partial<ReceivedStripeEvent> = {}, metadata = {}) {
  return receiveStripeEvent(pool, {
    id,
    type: 'invoice.paid',
    apiVersion: 'v',
    stripeAccount: null,
    objectId: `in_${id}`,
    stripeCustomerId: 'cus_ann',
    created: new Date('2026-01-01T00:00:00Z'),
    payload: JSON.stringify({ data: { object: { metadata } } }),
    ...change,
  });
}

/** As if so much time had passed: for what waits, and for how long it has waited. */
async function pass(minutes: number) {
  await pool.query(
    `update stripe_events set next_attempt_at = next_attempt_at - make_interval(mins => $1),
                              received_at = received_at - make_interval(mins => $1)
      where status = 'waiting'`,
    [minutes],
  );
}

async function stateOf(id: string) {
  const { rows } = await pool.query<{ status: string; last_error: string; attempts: number }>(
    'select status, last_error, attempts from stripe_events where id = $1',
    [id],
  );
  return rows[0];
}

test('a hint reaches the workflow of the customer, and the event is settled', async () => {
  await receive('evt_1');
  expect(await forward()).toBe(1);
  expect(sent).toEqual([{ customer: 'ann', id: 'evt_1' }]);
  expect(hints.at(-1)).toEqual({
    ...{ id: 'evt_1', type: 'invoice.paid' },
    ...{ objectId: 'in_evt_1', created: 1_767_225_600 },
  });
  expect(await stateOf('evt_1')).toMatchObject({ status: 'forwarded', last_error: null });
  expect(await forward()).toBe(0);
});

test('a failure whose reason can’t be stored as it is holds up nobody', async () => {
  await addCustomer('bob', 'cus_bob');
  await receive('evt_1', { type: 'charge.dispute.created', stripeCustomerId: null }, {});
  await pool.query(`update stripe_events set payload = '{"data":{"object":{"charge":"ch_1"}}}'`);
  await receive('evt_2', { stripeCustomerId: 'cus_bob' });
  const readChargeCustomer = () => Promise.reject(new Error('cut\u0000short'));
  expect(await forwardStripeEventsOnce({ ...deps(), readChargeCustomer })).toBe(2);
  expect(sent).toEqual([{ customer: 'bob', id: 'evt_2' }]);
  expect(await stateOf('evt_1')).toMatchObject({
    status: 'waiting',
    last_error: 'Temporal: cutshort',
  });
});

test('the events of a customer go oldest first, however they arrived', async () => {
  for (const day of ['03', '01', '02']) {
    await receive(`evt_${day}`, { created: new Date(`2026-01-${day}T00:00:00Z`) });
  }
  await forward();
  expect(sent.map(({ id }) => id)).toEqual(['evt_01', 'evt_02', 'evt_03']);
});

test('while Temporal is down everything waits, and goes in order when it is back', async () => {
  temporalIsDown = true;
  await receive('evt_1');
  await receive('evt_2', { created: new Date('2026-01-02T00:00:00Z') });
  await forward();
  for (let minutes = 0; minutes < 60; minutes += 10) {
    await pass(10);
    await forward();
  }
  expect(await stateOf('evt_1')).toMatchObject({
    status: 'waiting',
    last_error: expect.stringMatching(/Temporal: 14 UNAVAILABLE/) as string,
  });
  temporalIsDown = false;
  await pass(1);
  await forward();
  expect(sent.map(({ id }) => id)).toEqual(['evt_1', 'evt_2']);
});

test('an event that always fails holds up no other of its customer', async () => {
  await receive('evt_poison');
  for (const day of ['02', '03', '04'])
    await receive(`evt_${day}`, { created: new Date(`2026-01-${day}T00:00:00Z`) });
  const signalStripeEvent = async (customer: string, hint: StripeEventHint) => {
    if (hint.id === 'evt_poison') throw new Error('3 INVALID_ARGUMENT');
    await deps().signals.signalStripeEvent(customer, hint);
  };
  const round = () => forwardStripeEventsOnce({ ...deps(), signals: { signalStripeEvent } });
  for (const minutes of [1, 2, 3]) await round().then(() => pass(minutes));
  expect(sent.map(({ id }) => id)).toEqual(['evt_02', 'evt_03', 'evt_04']);
  expect(await stateOf('evt_poison')).toMatchObject({ status: 'waiting', attempts: 3 });
});

test('while Temporal is down a customer’s events are not tried one by one', async () => {
  for (let number = 0; number < 5; number += 1) await receive(`evt_${number}`);
  const signalStripeEvent = jest.fn(() => Promise.reject(new Error('14 UNAVAILABLE')));
  await forwardStripeEventsOnce({ ...deps(), signals: { signalStripeEvent } });
  expect(signalStripeEvent).toHaveBeenCalledTimes(2);
  expect(await forward()).toBe(0);
});

test('another customer’s events do not wait for it', async () => {
  await addCustomer('bob', 'cus_bob');
  await receive('evt_unknown', { stripeCustomerId: 'cus_new' });
  await receive('evt_bob', { stripeCustomerId: 'cus_bob' });
  await forward();
  expect(sent).toEqual([{ customer: 'bob', id: 'evt_bob' }]);
});

test('what a process took and did not settle before it died is taken again', async () => {
  await receive('evt_1');
  await pool.query(
    `update stripe_events set next_attempt_at = now() + interval '1 minute', attempts = 1`,
  );
  expect(await forward()).toBe(0);
  await pass(2);
  expect(await forward()).toBe(1);
  expect(sent).toHaveLength(1);
});

test('ten passes at once send each event once', async () => {
  for (let number = 0; number < 30; number += 1) {
    await addCustomer(`c${number}`, `cus_${number}`);
    await receive(`evt_${number}`, { stripeCustomerId: `cus_${number}` });
  }
  await Promise.all(Array.from({ length: 10 }, forward));
  expect(sent.map(({ id }) => id).sort()).toEqual(
    Array.from({ length: 30 }, (_, number) => `evt_${number}`).sort(),
  );
});

test('what another process is taking at this moment is left to it, without waiting', async () => {
  await receive('evt_1');
  const other = await pool.connect();
  await other.query('begin');
  await other.query('select from stripe_events for update');
  expect(await Promise.all([forward(), forward()])).toEqual([0, 0]);
  await other.query('commit');
  other.release();
  expect(await forward()).toBe(1);
  expect(sent).toHaveLength(1);
});

test('a customer that is not stored yet is waited for', async () => {
  await receive('evt_1', { stripeCustomerId: 'cus_new' });
  await forward();
  expect(await stateOf('evt_1')).toMatchObject({ status: 'waiting' });
  await addCustomer('new', 'cus_new');
  await pass(1);
  await forward();
  expect(sent).toEqual([{ customer: 'new', id: 'evt_1' }]);
});

test('a customer whose Stripe id is not stored yet is found by metadata', async () => {
  await addCustomer('early', null);
  const change = { type: 'customer.subscription.created', stripeCustomerId: 'cus_early' };
  await receive('evt_1', change, { tollkeeper_customer: 'early' });
  await forward();
  expect(sent).toEqual([{ customer: 'early', id: 'evt_1' }]);
});

describe('is ignored, with the reason:', () => {
  test('a customer that is none of ours, after some minutes', async () => {
    await receive('evt_1', { stripeCustomerId: 'cus_foreign' });
    await forward();
    await pass(6);
    await forward();
    expect(await stateOf('evt_1')).toMatchObject({
      status: 'ignored',
      last_error: 'cus_foreign is no customer of ours',
    });
  });

  test.each<[string, Partial<ReceivedStripeEvent>, string]>([
    ['no customer at all', { stripeCustomerId: null }, 'it names no customer'],
    ['no object', { objectId: null }, 'it names no object'],
    ['a preview', { type: 'invoice.upcoming' }, 'billing has no use for invoice.upcoming'],
  ])('%s', async (_case, change, reason) => {
    await receive('evt_1', change);
    await forward();
    expect(await stateOf('evt_1')).toMatchObject({ status: 'ignored', last_error: reason });
    expect(sent).toEqual([]);
  });
});
