/** The meter event stream of API v2: sessions, calls of many, and what is told later. */
import Stripe from 'stripe';
import { meterAndPrices, refusal, report, startStand, START } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const MINUTE_MS = 60_000;

let stand: Stand;
let stripe: Stripe;
let customer = '';
let meter = '';
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
  meter = (await meterAndPrices(stripe, { eventName: 'tokens' })).meter.id;
  customer = (await stripe.customers.create({})).id;
});
afterEach(() => stand.close());

const openSession = async () =>
  (await stripe.v2.billing.meterEventSession.create()).authentication_token;

const event = (identifier: string, value = '1', of = customer) => ({
  event_name: 'tokens',
  identifier,
  timestamp: new Date(nowMs).toISOString(),
  payload: { stripe_customer_id: of, value },
});

const stream = (token: string, ...events: ReturnType<typeof event>[]) =>
  stripe.v2.billing.meterEventStream.create({ events }, { apiKey: token });

async function counted(): Promise<number> {
  const span = { start_time: START - 60, end_time: START + 3_600 };
  const { data } = await stripe.billing.meters.listEventSummaries(meter, { customer, ...span });
  return data.reduce((sum, { aggregated_value: value }) => sum + value, 0);
}

async function errors(): Promise<string[]> {
  const { data } = (await stand.control('GET', 'meter-errors')) as { data: { code: string }[] };
  return data.map(({ code }) => code);
}

test('a session holds for a quarter of an hour, and its token counts reports', async () => {
  const session = await stripe.v2.billing.meterEventSession.create();
  expect(session).toMatchObject({ object: 'v2.billing.meter_event_session', livemode: false });
  expect(Date.parse(session.expires_at) - Date.parse(session.created)).toBe(15 * MINUTE_MS);
  await stream(session.authentication_token, event('a', '5'), event('b', '7'));
  expect(await counted()).toBe(12);
});

test('after a quarter of an hour the token is refused as an ended session', async () => {
  const token = await openSession();
  nowMs += 15 * MINUTE_MS;
  const refused = await refusal(stream(token, event('late')));
  expect(refused).toBeInstanceOf(Stripe.errors.TemporarySessionExpiredError);
  expect(refused.statusCode).toBe(401);
  expect(await counted()).toBe(0);
});

test('a secret key is no token of a session', async () => {
  expect((await refusal(stream('sk_test_sandbox', event('a')))).statusCode).toBe(401);
});

test('a call has a hundred reports at most', async () => {
  const token = await openSession();
  const events = Array.from({ length: 101 }, (_, number) => event(`e${number}`));
  expect((await refusal(stream(token, ...events))).statusCode).toBe(400);
  await stream(token, ...events.slice(0, 100));
  expect(await counted()).toBe(100);
});

test('what is wrong with one is told later, and the others count', async () => {
  const token = await openSession();
  const unknownMeter = { ...event('m'), event_name: 'nobody' };
  await stream(token, event('a'), event('b', '1.5'), event('c', '1', 'cus_none'), unknownMeter);
  expect(await counted()).toBe(1);
  const told = ['meter_event_customer_not_found', 'meter_event_invalid_value', 'no_meter'];
  expect((await errors()).sort()).toEqual(told);
});

test('an identifier counts once, within a call, over calls, and beside meter events', async () => {
  const token = await openSession();
  await stream(token, event('a'), event('a'));
  await stream(token, event('a'));
  const asCall = report(stripe, 'tokens', customer, 1, { identifier: 'a' });
  expect((await refusal(asCall)).message).toMatch(/already exists with identifier a/);
  expect(await counted()).toBe(1);
  expect(await errors()).toEqual([]);
});

test('told so, the stream reports what it had already, and has identifiers of its own', async () => {
  const token = await openSession();
  const beliefs = { streamDuplicates: 'reported', streamIdentifiers: 'own' };
  await stand.control('POST', 'settings', beliefs);
  await report(stripe, 'tokens', customer, 1, { identifier: 'a' });
  await stream(token, event('a'), event('a'));
  expect(await counted()).toBe(2);
  expect(await errors()).toEqual(['duplicate_meter_event']);
});
