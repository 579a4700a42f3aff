/** What meters count, forget, take back and tell late. */
import Stripe from 'stripe';
import { meterCalls } from '../../../support/sandbox/meter-calls';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;
let meterId = '';

beforeAll(async () => {
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
  meterId = (await meterAndPrices(stripe, { eventName: 'tokens' })).meter.id;
});
beforeEach(() => (nowMs = START * 1000));
afterAll(() => stand.close());

const { onClock, cancel, meterOf, summaries, total } = meterCalls(() => stripe);

test('an identifier is taken for every customer and meter (§2 identifier)', async () => {
  const { event_name: other } = await meterOf({});
  await report(stripe, 'tokens', await onClock(), 1, { identifier: 'anyone' });
  const again = await refusal(report(stripe, other, await onClock(), 1, { identifier: 'anyone' }));
  expect(again.statusCode).toBe(400);
});

test.each([
  ['sum', 3 - 1 + 7],
  ['count', 3],
  ['last', -1],
] as const)('a meter by %s counts 3, 7 and then, in time, -1 as %d', async (formula, expected) => {
  const { id, event_name: eventName } = await meterOf({ default_aggregation: { formula } });
  const customer = await onClock();
  await report(stripe, eventName, customer, 3, { timestamp: START - 60 });
  await report(stripe, eventName, customer, -1, { timestamp: START });
  await report(stripe, eventName, customer, 7, { timestamp: START - 30 });
  expect(await total(id, customer)).toBe(expected);
});

test('a pre-aggregated meter keeps the last value of each hour (§2 event_time_window)', async () => {
  const { id, event_name: eventName } = await meterOf({ event_time_window: 'hour' });
  const customer = await onClock();
  for (const [value, timestamp] of [
    [5, START - 3600],
    [8, START - 3599],
    [2, START],
  ] as const)
    await report(stripe, eventName, customer, value, { timestamp });
  expect(await total(id, customer)).toBe(10);
  const hours = await summaries(id, customer, {
    start_time: START - 3600,
    value_grouping_window: 'hour',
  });
  expect(hours.map((one) => [one.start_time, one.end_time, one.aggregated_value])).toEqual([
    [START, START + 3600, 2],
    [START - 3600, START, 8],
  ]);
});

test('a payload may name its customer and value differently (§2 objects)', async () => {
  const { id, event_name } = await meterOf({
    customer_mapping: { type: 'by_id', event_payload_key: 'who' },
    value_settings: { event_payload_key: 'how_many' },
  });
  const customer = await onClock();
  await stripe.billing.meterEvents.create({
    event_name,
    payload: { who: customer, how_many: '4', model: 'x' },
  });
  expect(await total(id, customer)).toBe(4);
});

test('a deactivated meter takes events again when reactivated (§2 objects)', async () => {
  const { id, event_name: eventName } = await meterOf({});
  const customer = await onClock();
  const inactive = await stripe.billing.meters.deactivate(id);
  expect(inactive.status_transitions.deactivated_at).toBe(START);
  expect((await refusal(report(stripe, eventName, customer, 1))).code).toBe('archived_meter');
  expect(await stripe.billing.meters.reactivate(id)).toMatchObject({
    status: 'active',
    status_transitions: { deactivated_at: null },
  });
  await report(stripe, eventName, customer, 1);
});

test('an adjustment takes usage back from the draft, not from what is finalized (§2)', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items, meter } = await meterAndPrices(stripe, {
    eventName: 'taken_back',
    centsPerToken: '1',
  });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await report(stripe, 'taken_back', customer.id, 100, { identifier: 'right' });
  await report(stripe, 'taken_back', customer.id, 900, { identifier: 'wrong' });
  expect(await cancel('wrong', 'taken_back')).toMatchObject({
    object: 'billing.meter_event_adjustment',
    status: 'pending',
    cancel: { identifier: 'wrong' },
  });
  expect(await total(meter.id, customer.id)).toBe(100);
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 14) / 1000);
  const invoice = async () => (await stripe.invoices.list({ subscription: id })).data[0];
  expect(await invoice()).toMatchObject({ status: 'paid', total: 100 });
  await cancel('right', 'taken_back');
  expect(await invoice()).toMatchObject({ status: 'paid', total: 100 });
});

test('summaries lag by as much as ordered, bills do not (§2 summaries)', async () => {
  const customer = await onClock();
  await stand.control('POST', 'lag', { summaryLagMs: 60_000 });
  await report(stripe, 'tokens', customer, 5);
  expect(await total(meterId, customer)).toBeUndefined();
  nowMs += 60_000;
  expect(await total(meterId, customer)).toBe(5);
  await stand.control('POST', 'lag', { summaryLagMs: 0 });
  expect(await stand.control('POST', 'lag', { summaryLagMs: -1 })).toMatchObject({
    error: { param: 'summaryLagMs' },
  });
});

test('above the limit of a second, meter events are refused with 429 (§2 limits)', async () => {
  expect(await stand.control('GET', 'lag')).toMatchObject({ callsPerSecond: 1000 });
  const customers = await Promise.all([1, 2, 3, 4, 5, 6].map(onClock));
  await stand.control('POST', 'lag', { callsPerSecond: 2 });
  const calls = customers.map((customer) => report(stripe, 'tokens', customer, 1));
  const outcomes = await Promise.allSettled(calls);
  await stand.control('POST', 'lag', { callsPerSecond: 1000 });
  const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(refused.length).toBeGreaterThanOrEqual(2);
  expect(refused[0]).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect(refused[0]).toMatchObject({ code: 'rate_limit' });
});
