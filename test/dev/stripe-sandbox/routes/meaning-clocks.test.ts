/** Every rule of test clocks that a schema can't see, one a row; and what a clock takes with it. */
import type Stripe from 'stripe';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  START,
  startStand,
  until,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const DAY = 86_400;
const TWO_YEARS_ON = Date.UTC(2028, 0, 15, 12) / 1000;
let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;
let names = 0;

beforeAll(async () => {
  stand = await startStand({ now: () => nowMs, draftPauseMs: 0 });
  stripe = stand.stripe;
});
beforeEach(() => (nowMs = START * 1000));
afterAll(() => stand.close());

const clock = () => stripe.testHelpers.testClocks.create({ frozen_time: START });
async function subscribed(interval: 'day' | 'week' | 'month' | 'year' = 'month', count = 1) {
  const made = await customerOnClock(stripe);
  const product = await stripe.products.create({ name: `plan ${(names += 1)}` });
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 500,
    recurring: { interval, interval_count: count },
  });
  const items = [{ price: price.id }];
  const subscription = await stripe.subscriptions.create({ customer: made.customer.id, items });
  return { ...made, subscription };
}

/** Twice while the clock waits for an endpoint that is not there to take `invoice.created`. */
async function advanceTwice(): Promise<void> {
  const own = await startStand({ deliveryWaitMs: 20_000 });
  try {
    const { clock: made, customer } = await customerOnClock(own.stripe);
    const { items } = await meterAndPrices(own.stripe, { eventName: 'twice', baseCents: 100 });
    await own.stripe.subscriptions.create({ customer: customer.id, items });
    const enabled_events = ['invoice.created' as const];
    await own.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:1/', enabled_events });
    const { testClocks } = own.stripe.testHelpers;
    await testClocks.advance(made.id, { frozen_time: START + 32 * DAY });
    await testClocks.advance(made.id, { frozen_time: START + 33 * DAY });
  } finally {
    await own.close();
  }
}

const REFUSED: Rule[] = [
  {
    source: '§5 advance',
    rule: 'without a subscription a clock advances by at most two years',
    call: async () => advance(stripe, (await clock()).id, TWO_YEARS_ON + 1),
    refused: { statusCode: 400, param: 'frozen_time' },
  },
  {
    source: '§5 advance',
    rule: 'with a weekly subscription, by at most two weeks',
    call: async () => advance(stripe, (await subscribed('week')).clock.id, START + 14 * DAY + 1),
    refused: { statusCode: 400, param: 'frozen_time' },
  },
  {
    source: '§5 advance',
    rule: 'the shortest subscription counts, with its interval count',
    call: async () => advance(stripe, (await subscribed('day', 3)).clock.id, START + 6 * DAY + 1),
    refused: { statusCode: 400, param: 'frozen_time' },
  },
  {
    source: '§5 forward only',
    rule: 'a clock does not stand still on order',
    call: async () => advance(stripe, (await clock()).id, START),
    refused: { statusCode: 400, param: 'frozen_time' },
  },
  {
    source: '§5 one advance at a time',
    rule: 'a clock that is advancing is not advanced again',
    call: advanceTwice,
    refused: { statusCode: 429, message: /is advancing/ },
  },
  {
    source: '§5 limits',
    rule: 'a customer is created on a clock that exists',
    call: () => stripe.customers.create({ test_clock: 'clock_none' }),
    refused: { statusCode: 400, code: 'resource_missing', param: 'test_clock' },
  },
  {
    source: '§5 create (typings: customers can’t be removed from a test clock)',
    rule: 'a customer on a clock is not put on another',
    call: async () => {
      const { customer } = await customerOnClock(stripe);
      const terms = { frozen_time: START, customer: customer.id };
      await stripe.testHelpers.testClocks.create(terms);
    },
    refused: { statusCode: 400, param: 'customer' },
  },
  {
    source: '§5 create (the sandbox’s own limit)',
    rule: 'a customer who was billed in real time is not put on a clock',
    call: async () => {
      const { id } = await stripe.customers.create({});
      await stripe.invoices.create({ customer: id });
      await stripe.testHelpers.testClocks.create({ frozen_time: START, customer: id });
    },
    refused: { statusCode: 400, param: 'customer', message: /billed already/ },
  },
];

test.each(REFUSED)('$rule ($source)', assertRefused);

test.each([
  ['two years without a subscription', async () => (await clock()).id, TWO_YEARS_ON],
  ['two weeks', async () => (await subscribed('week')).clock.id, START + 14 * DAY],
  ['two months', async () => (await subscribed()).clock.id, Date.UTC(2026, 2, 15, 12) / 1000],
])('a clock advances by exactly %s (§5 advance)', async (_case, made, to) => {
  const id = await made();
  await advance(stripe, id, to);
  expect((await stripe.testHelpers.testClocks.retrieve(id)).frozen_time).toBe(to);
});

test('an ended subscription limits no advance (§5 advance)', async () => {
  const { clock: made, subscription } = await subscribed('day');
  await stripe.subscriptions.cancel(subscription.id);
  await advance(stripe, made.id, START + 300 * DAY);
});

test('an existing customer is put on a new clock (§5 create)', async () => {
  const { id } = await stripe.customers.create({});
  const made = await stripe.testHelpers.testClocks.create({ frozen_time: START, customer: id });
  expect((await stripe.customers.retrieve(id)) as Stripe.Customer).toMatchObject({
    test_clock: made.id,
  });
});

test('an advance is announced when it begins and when it is done (§5 events)', async () => {
  const { id } = await clock();
  const advancing = await stripe.testHelpers.testClocks.advance(id, { frozen_time: START + DAY });
  expect(advancing).toMatchObject({
    status: 'advancing',
    status_details: { advancing: { target_frozen_time: START + DAY } },
  });
  await until('a ready clock', async () => {
    return (await stripe.testHelpers.testClocks.retrieve(id)).status === 'ready';
  });
  await stripe.testHelpers.testClocks.del(id);
  const { data } = await stripe.events.list({ type: 'test_helpers.test_clock.*', limit: 100 });
  const types = data
    .filter((event) => (event.data.object as { id: string }).id === id)
    .map(({ type }) => type.replace('test_helpers.test_clock.', ''));
  expect(types).toEqual(['deleted', 'ready', 'advancing', 'created']);
});

test.each([
  ['by hand', (id: string) => stripe.testHelpers.testClocks.del(id)],
  [
    'after 30 days',
    async () => {
      nowMs += 30 * DAY * 1000;
      await stand.control('POST', 'tick');
    },
  ],
])('a clock deleted %s takes its customers and subscriptions along (§5)', async (_how, end) => {
  const { clock: made, customer, subscription } = await subscribed();
  expect(Number(made.deletes_after)).toBe(START + 30 * DAY);
  await end(made.id);
  const gone = await refusal(stripe.testHelpers.testClocks.retrieve(made.id));
  expect(gone.statusCode).toBe(404);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
});

test('customers of another clock and of real time stay where they are (§5)', async () => {
  const [one, other] = [await subscribed(), await subscribed()];
  await advance(stripe, one.clock.id, START + 32 * DAY);
  const untouched = await stripe.subscriptions.retrieve(other.subscription.id);
  expect(untouched.items.data[0]?.current_period_start).toBe(START);
});

test('a month may be played in as many steps as one likes, with the same bill (§5)', async () => {
  const bills: unknown[] = [];
  for (const steps of [1, 4]) {
    const { clock: made, customer } = await customerOnClock(stripe);
    const { items } = await meterAndPrices(stripe, { eventName: `played${steps}`, baseCents: 900 });
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
    for (let step = 1; step <= steps; step += 1)
      await advance(stripe, made.id, START + (step * 32 * DAY) / steps);
    const { data } = await stripe.invoices.list({ subscription: id });
    bills.push(data.map(({ total, created, status }) => ({ total, created, status })));
  }
  expect(bills[0]).toEqual(bills[1]);
});
