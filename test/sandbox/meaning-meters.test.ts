/** Every rule of meters that a schema can't see, one a row; and what happens around their edges. */
import Stripe from 'stripe';
import { assertRefused } from './rule';
import type { Rule } from './rule';
import { advance, customerOnClock, meterAndPrices, refusal, report } from './stand';
import { START, startStand } from './stand';
import type { Stand } from './stand';

const DAY = 86_400;
const HOUR_MS = 3600_000;
let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;
let meterId = '';
let names = 0;

beforeAll(async () => {
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
  meterId = (await meterAndPrices(stripe, { eventName: 'tokens' })).meter.id;
});
beforeEach(() => (nowMs = START * 1000));
afterAll(() => stand.close());

const unique = (): string => `meter_${(names += 1)}`;
const onClock = async () => (await customerOnClock(stripe)).customer.id;
const cancel = (identifier: string, eventName = 'tokens') =>
  stripe.billing.meterEventAdjustments.create({
    event_name: eventName,
    type: 'cancel',
    cancel: { identifier },
  });
const meterOf = (terms: Partial<Stripe.Billing.MeterCreateParams>) =>
  stripe.billing.meters.create({
    display_name: 'a meter',
    event_name: unique(),
    default_aggregation: { formula: 'sum' },
    ...terms,
  });
const summaries = async (
  meter: string,
  customer: string,
  more: Partial<Stripe.Billing.MeterListEventSummariesParams> = {},
) =>
  (
    await stripe.billing.meters.listEventSummaries(meter, {
      customer,
      start_time: START - 2 * DAY,
      end_time: START + 3600,
      ...more,
    })
  ).data;
const total = async (meter: string, customer: string) =>
  (await summaries(meter, customer))[0]?.aggregated_value;

const REFUSED: Rule[] = [
  {
    source: '§2 meter event (2026-04-22.dahlia)',
    rule: 'a value of 16 digits is refused',
    call: async () => report(stripe, 'tokens', await onClock(), '9999999999999999'),
    refused: { statusCode: 400, code: 'meter_event_value_too_many_digits' },
  },
  {
    source: '§2 meter event',
    rule: 'a negative fraction is refused',
    call: async () => report(stripe, 'tokens', await onClock(), '-0.5'),
    refused: { statusCode: 400, code: 'meter_event_invalid_value' },
  },
  {
    source: '§2 meter event',
    rule: 'scientific notation is no whole number',
    call: async () => report(stripe, 'tokens', await onClock(), '1e3'),
    refused: { statusCode: 400, code: 'meter_event_invalid_value' },
  },
  {
    source: '§2 meter event',
    rule: 'a value that is left out is refused',
    call: async () => {
      const payload = { stripe_customer_id: await onClock() };
      await stripe.billing.meterEvents.create({ event_name: 'tokens', payload });
    },
    refused: { statusCode: 400, code: 'meter_event_invalid_value', param: 'payload[value]' },
  },
  {
    source: 'OpenAPI description, identifier maxLength',
    rule: 'an identifier has at most 100 characters',
    call: async () => report(stripe, 'tokens', await onClock(), 1, { identifier: 'x'.repeat(101) }),
    refused: { statusCode: 400, param: 'identifier' },
  },
  {
    source: '§2 objects',
    rule: 'an event without a meter is refused',
    call: async () => report(stripe, 'nobody_counts', await onClock(), 1),
    refused: { statusCode: 400, code: 'no_meter', param: 'event_name' },
  },
  {
    source: '§2 objects',
    rule: 'a meter keeps its event name',
    call: () => {
      const change = { event_name: 'other' } as Stripe.Billing.MeterUpdateParams;
      return stripe.billing.meters.update(meterId, change);
    },
    refused: { statusCode: 400, code: 'parameter_unknown', param: 'event_name' },
  },
  {
    source: '§2 objects',
    rule: 'a meter is deactivated once',
    call: async () => {
      const { id } = await meterOf({});
      await stripe.billing.meters.deactivate(id);
      await stripe.billing.meters.deactivate(id);
    },
    refused: { statusCode: 400, message: /already inactive/ },
  },
  {
    source: '§2 adjustments',
    rule: 'an event that never came can’t be canceled',
    call: () => cancel('never'),
    refused: { statusCode: 400, param: 'cancel[identifier]' },
  },
  {
    source: '§2 adjustments',
    rule: 'an event of another meter can’t be canceled',
    call: async () => {
      const { event_name: eventName } = await meterOf({});
      await report(stripe, eventName, await onClock(), 1, { identifier: 'elsewhere' });
      await cancel('elsewhere');
    },
    refused: { statusCode: 400, param: 'cancel[identifier]' },
  },
  {
    source: '§2 adjustments',
    rule: 'after 24 hours an event can’t be canceled',
    call: async () => {
      await report(stripe, 'tokens', await onClock(), 1, { identifier: 'old' });
      nowMs += 25 * HOUR_MS;
      await cancel('old');
    },
    refused: { statusCode: 400, param: 'cancel[identifier]' },
  },
  {
    source: '§2 adjustments',
    rule: 'an event is canceled once',
    call: async () => {
      await report(stripe, 'tokens', await onClock(), 1, { identifier: 'twice' });
      await cancel('twice');
      await cancel('twice');
    },
    refused: { statusCode: 400, message: /already canceled/ },
  },
  {
    source: '§2 summaries',
    rule: 'daily summaries begin and end on a day (UTC)',
    call: async () => summaries(meterId, await onClock(), { value_grouping_window: 'day' }),
    refused: { statusCode: 400, param: 'start_time' },
  },
  {
    source: '§2 summaries',
    rule: 'a summary ends after it starts',
    call: async () => summaries(meterId, await onClock(), { end_time: START - 2 * DAY }),
    refused: { statusCode: 400, param: 'end_time' },
  },
  {
    source: '§2 summaries',
    rule: 'a summary is of a customer that exists',
    call: () => summaries(meterId, 'cus_none'),
    refused: { statusCode: 400, code: 'resource_missing', param: 'customer' },
  },
];

test.each(REFUSED)('$rule ($source)', assertRefused);

test.each([
  ['15 digits', '999999999999999'],
  ['15 digits after leading zeros', '00999999999999999'],
  ['15 digits below nothing', '-999999999999999'],
  ['nothing', '0'],
])('a value of %s is taken (§2 meter event)', async (_case, value) => {
  const customer = await onClock();
  await report(stripe, 'tokens', customer, value);
  expect(await total(meterId, customer)).toBe(Number(value));
});

test.each([
  ['35 days behind', -35 * DAY],
  ['5 minutes ahead', 300],
])('usage exactly %s of the customer’s clock is taken (§2 timestamp)', async (_case, offset) => {
  const customer = await onClock();
  const { timestamp } = await report(stripe, 'tokens', customer, 1, { timestamp: START + offset });
  expect(timestamp).toBe(START + offset);
});

test.each([
  [23, false],
  [25, true],
])('an identifier after %d hours is free: %s (§2 identifier)', async (hours, isFree) => {
  const customer = await onClock();
  const identifier = `after_${hours}`;
  await report(stripe, 'tokens', customer, 1, { identifier });
  nowMs += hours * HOUR_MS;
  await stand.control('POST', 'tick');
  const again = report(stripe, 'tokens', customer, 1, { identifier });
  if (isFree) expect((await again).identifier).toBe(identifier);
  else expect((await refusal(again)).message).toMatch(/already exists/);
});

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
