/** Goal: trials end and collections pause as Stripe documents it. */
import type Stripe from 'stripe';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  report,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const HOUR = 3600;
const DAY = 24 * HOUR;
const PERIOD_END = START + 31 * DAY;

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterEach(() => stand.close());

async function aTrial(end: 'cancel' | 'create_invoice' | 'pause', days = 10) {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await stripe.customers.create({ test_clock: clock.id });
  const { items } = await meterAndPrices(stripe, { eventName: 'tokens', baseCents: 2900 });
  const { id } = await stripe.subscriptions.create({
    customer: customer.id,
    items,
    trial_period_days: days,
    trial_settings: { end_behavior: { missing_payment_method: end } },
  });
  return { id, customer: customer.id, to: (time: number) => advance(stripe, clock.id, time) };
}

async function aSubscriber() {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'tokens', baseCents: 2900 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  return { id, to: (time: number) => advance(stripe, clock.id, time) };
}

const statusOf = async (id: string) => (await stripe.subscriptions.retrieve(id)).status;
const latest = async (subscription: string) =>
  (await stripe.invoices.list({ subscription, limit: 1 })).data[0];
const timesOf = async (type: string) =>
  (await stripe.events.list({ type })).data.map(({ created }) => created);

test('three days before its end a trial announces it, once', async () => {
  const { to } = await aTrial('cancel');
  await to(START + 8 * DAY);
  expect(await timesOf('customer.subscription.trial_will_end')).toEqual([START + 7 * DAY]);
});

test('a trial that ends without a card ends the subscription, by setting', async () => {
  const { id, to } = await aTrial('cancel');
  await to(START + 11 * DAY);
  expect(await statusOf(id)).toBe('canceled');
});

test('or pauses it, until a card is there and it is resumed with a full period', async () => {
  const { id, customer, to } = await aTrial('pause');
  await to(START + 11 * DAY);
  expect(await statusOf(id)).toBe('paused');
  expect(await timesOf('customer.subscription.paused')).toEqual([START + 10 * DAY]);
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  const settings = { invoice_settings: { default_payment_method: card } };
  await stripe.customers.update(customer, settings);
  const resumed = await stripe.subscriptions.resume(id, {
    billing_cycle_anchor: { type: 'now' },
  });
  expect(resumed.status).toBe('active');
  expect(resumed.items.data[0]?.current_period_start).toBe(START + 11 * DAY);
  expect(await latest(id)).toMatchObject({ status: 'paid', total: 2900 });
  expect(await timesOf('customer.subscription.resumed')).toEqual([START + 11 * DAY]);
});

test('a trial that is ended now is invoiced now', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'tokens', baseCents: 2900 });
  const terms = { customer: customer.id, items, trial_period_days: 10 };
  const { id } = await stripe.subscriptions.create(terms);
  await advance(stripe, clock.id, START + DAY);
  await stripe.subscriptions.update(id, { trial_end: 'now' });
  expect(await statusOf(id)).toBe('active');
  expect(await latest(id)).toMatchObject({ status: 'paid', total: 2900 });
});

test.each([
  ['keep_as_draft', { status: 'draft', auto_advance: false }],
  ['void', { status: 'void' }],
  ['mark_uncollectible', { status: 'uncollectible' }],
] as const)('while collection is paused, invoices: %s', async (behavior, expected) => {
  const { id, to } = await aSubscriber();
  await stripe.subscriptions.update(id, { pause_collection: { behavior } });
  await to(PERIOD_END + 2 * HOUR);
  expect(await latest(id)).toMatchObject(expected);
  expect(await statusOf(id)).toBe('active');
});

test('a pause with an end is over by itself, and the next invoice is collected', async () => {
  const { id, to } = await aSubscriber();
  const pause = { behavior: 'void' as const, resumes_at: START + 20 * DAY };
  await stripe.subscriptions.update(id, { pause_collection: pause });
  await to(PERIOD_END + 2 * HOUR);
  expect((await stripe.subscriptions.retrieve(id)).pause_collection).toBeNull();
  expect(await latest(id)).toMatchObject({ status: 'paid', total: 2900 });
});

describe('usage of a trial', () => {
  const terms = { eventName: 'tokens', baseCents: 2900, centsPerToken: '1' };

  async function aUsedTrial() {
    const { clock, customer } = await customerOnClock(stripe);
    const { items } = await meterAndPrices(stripe, terms);
    const asked = { customer: customer.id, items, trial_period_days: 10 };
    const { id } = await stripe.subscriptions.create(asked);
    const to = (time: number) => advance(stripe, clock.id, time);
    await to(START + 4 * DAY);
    await report(stripe, 'tokens', customer.id, 181_384);
    return { id, customer: customer.id, to };
  }

  test('is on the invoice that ends it, for nothing; usage after it is billed', async () => {
    const { id, customer, to } = await aUsedTrial();
    await to(START + 10 * DAY + 2 * HOUR);
    const first = await latest(id);
    expect(first).toMatchObject({ status: 'paid', total: 2900 });
    expect(first?.lines.data[1]).toMatchObject({ amount: 0, quantity: 0 });
    expect(first?.lines.data[1]?.description).toMatch(/Trial period for tokens/);
    await report(stripe, 'tokens', customer, 30);
    await to(START + 41 * DAY + 2 * HOUR);
    expect(await latest(id)).toMatchObject({ status: 'paid', total: 2930 });
  });

  test('is not billed when the trial is ended early', async () => {
    const early = await aUsedTrial();
    await stripe.subscriptions.update(early.id, { trial_end: 'now' });
    expect(await latest(early.id)).toMatchObject({ status: 'paid', total: 2900 });
  });

  test('is not billed when the trial is canceled', async () => {
    const { id } = await aUsedTrial();
    await stripe.subscriptions.cancel(id, { invoice_now: true });
    expect((await latest(id))?.total).toBe(0);
  });

  test('is billed, if the sandbox is told that Stripe does so', async () => {
    await stand.control('POST', 'settings', { trialUsage: 'billed' });
    const { id, to } = await aUsedTrial();
    await to(START + 10 * DAY + 2 * HOUR);
    expect((await latest(id))?.total).toBe(2900 + 181_384);
  });
});
