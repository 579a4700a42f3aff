/** A month of billing for each kind of plan, with the figures worked out by hand. */
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

let stand: Stand;
let stripe: Stripe;

beforeAll(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterAll(() => stand.close());

const PERIOD_END = Date.UTC(2026, 1, 15, 12) / 1000;
const NEXT_END = Date.UTC(2026, 2, 15, 12) / 1000;
const HOUR = 3600;

async function playMonth(plan: {
  eventName: string;
  baseCents?: number;
  centsPerToken?: string;
  reported?: number;
}) {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, plan);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  if (plan.reported)
    await report(stripe, plan.eventName, customer.id, plan.reported, { timestamp: START + 60 });
  await advance(stripe, clock.id, PERIOD_END);
  const draft = await latest(subscription.id);
  await advance(stripe, clock.id, PERIOD_END + HOUR);
  const final = await latest(subscription.id);
  return { clock, customer, subscription, draft, final };
}

async function latest(subscription: string): Promise<Stripe.Invoice> {
  const { data } = await stripe.invoices.list({ subscription, limit: 1 });
  if (!data[0]) throw new Error(`No invoice for ${subscription}`);
  return data[0];
}

test('Starter, 150,000 tokens with 100,000 included: $29.00 and $0.15 for 50,000 over', async () => {
  const played = await playMonth({
    eventName: 'starter',
    baseCents: 2900,
    centsPerToken: '0.0003',
    reported: 50_000,
  });
  expect(played.subscription.status).toBe('active');
  expect(played.draft).toMatchObject({
    status: 'draft',
    billing_reason: 'subscription_cycle',
    automatically_finalizes_at: PERIOD_END + HOUR,
    total: 2915,
    amount_paid: 0,
    parent: { subscription_details: { subscription: played.subscription.id } },
  });
  expect(played.draft.lines.data).toMatchObject([
    { amount: 2900, quantity: 1, period: { start: PERIOD_END, end: NEXT_END } },
    { amount: 15, quantity: 50_000, period: { start: START, end: PERIOD_END } },
  ]);
  expect(played.final).toMatchObject({ status: 'paid', total: 2915, amount_paid: 2915 });
  expect(played.final.status_transitions.finalized_at).toBe(PERIOD_END + HOUR);
  const [payment] = (await stripe.invoicePayments.list({ invoice: played.final.id })).data;
  expect(payment).toMatchObject({ status: 'paid', amount_paid: 2915 });
  const intent = await stripe.paymentIntents.retrieve(String(payment?.payment.payment_intent), {
    expand: ['latest_charge'],
  });
  expect(intent).toMatchObject({ status: 'succeeded', latest_charge: { paid: true } });
});

test('pay-per-token, 1,234,567 tokens at $0.002 per 1,000: 246.9134 cents are $2.47', async () => {
  const played = await playMonth({
    eventName: 'pay_per_token',
    centsPerToken: '0.0002',
    reported: 1_234_567,
  });
  // Flexible billing: a subscription of metered prices only has no first invoice.
  expect(played.subscription.latest_invoice).toBeNull();
  expect(played.final).toMatchObject({ status: 'paid', total: 247, amount_paid: 247 });
});

test('Pro under its allowance: the base, and a metered line of nothing', async () => {
  const played = await playMonth({
    eventName: 'pro',
    baseCents: 9900,
    centsPerToken: '0.0002',
  });
  expect(played.final).toMatchObject({ status: 'paid', total: 9900 });
  expect(played.final.lines.data.map(({ amount, quantity }) => [amount, quantity])).toEqual([
    [9900, 1],
    [0, 0],
  ]);
});

test('flat Enterprise: one line a month, the first paid at once', async () => {
  const played = await playMonth({ eventName: 'enterprise', baseCents: 499_900 });
  const invoices = await stripe.invoices.list({ subscription: played.subscription.id });
  expect(invoices.data.map(({ billing_reason, status, total }) => [billing_reason, status, total]))
    // Newest first.
    .toEqual([
      ['subscription_cycle', 'paid', 499_900],
      ['subscription_create', 'paid', 499_900],
    ]);
});

test('an invoice below 50 cents is paid by the balance, which the next one collects', async () => {
  const played = await playMonth({
    eventName: 'small',
    centsPerToken: '0.0002',
    reported: 100_000,
  });
  expect(played.final).toMatchObject({
    status: 'paid',
    total: 20,
    amount_due: 0,
    starting_balance: 0,
    ending_balance: 20,
  });
  await report(stripe, 'small', played.customer.id, 1_000_000);
  await advance(stripe, played.clock.id, NEXT_END + HOUR);
  expect(await latest(played.subscription.id)).toMatchObject({
    total: 200,
    amount_due: 220,
    amount_paid: 220,
    starting_balance: 20,
    ending_balance: 0,
  });
});

test('two meter events that straddle the end of a period land in different periods', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'straddle', centsPerToken: '1' });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await advance(stripe, clock.id, PERIOD_END + 1);
  await report(stripe, 'straddle', customer.id, 100, { timestamp: PERIOD_END - 1 });
  await report(stripe, 'straddle', customer.id, 7000, { timestamp: PERIOD_END });
  expect((await latest(id)).total).toBe(100);
  await advance(stripe, clock.id, NEXT_END);
  expect((await latest(id)).total).toBe(7000);
});

test('late usage moves the draft, and nothing once it is finalized', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'late', centsPerToken: '1' });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await advance(stripe, clock.id, PERIOD_END);
  const late = { timestamp: PERIOD_END - 10 };
  await report(stripe, 'late', customer.id, 300, late);
  expect((await latest(id)).total).toBe(300);
  await advance(stripe, clock.id, PERIOD_END + HOUR);
  await report(stripe, 'late', customer.id, 400, late);
  expect(await latest(id)).toMatchObject({ status: 'paid', total: 300 });
  await advance(stripe, clock.id, NEXT_END + HOUR);
  expect((await latest(id)).total).toBe(0);
});

test('where a draft shows what it was made with, its finalization counts all the same', async () => {
  await stand.control('POST', 'settings', { draftUsage: 'at_finalization' });
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'as_made', centsPerToken: '1' });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await advance(stripe, clock.id, PERIOD_END);
  await report(stripe, 'as_made', customer.id, 300, { timestamp: PERIOD_END - 10 });
  expect((await latest(id)).total).toBe(0);
  await advance(stripe, clock.id, PERIOD_END + HOUR);
  expect(await latest(id)).toMatchObject({ status: 'paid', total: 300 });
  await stand.control('POST', 'settings', { draftUsage: 'live' });
});

test('a draft that was told not to advance waits until it is told to', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'held', baseCents: 1000 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await advance(stripe, clock.id, PERIOD_END);
  const draft = await latest(id);
  await stripe.invoices.update(draft.id, { auto_advance: false });
  await advance(stripe, clock.id, PERIOD_END + 5 * HOUR);
  expect((await latest(id)).status).toBe('draft');
  await stripe.invoices.update(draft.id, { auto_advance: true });
  await advance(stripe, clock.id, PERIOD_END + 5 * HOUR + 1);
  expect((await latest(id)).status).toBe('paid');
});

test('a failed renewal leaves the invoice open, the subscription past due, and is retried', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'dunned', baseCents: 1000 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await stand.control('POST', 'fail-next-payment', {
    customer: customer.id,
    code: 'insufficient_funds',
  });
  await advance(stripe, clock.id, PERIOD_END + HOUR);
  const open = await latest(id);
  expect(open).toMatchObject({ status: 'open', attempted: true, attempt_count: 1 });
  expect(open.next_payment_attempt).toBeGreaterThan(PERIOD_END + HOUR);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('past_due');
  await advance(stripe, clock.id, Number(open.next_payment_attempt));
  expect(await latest(id)).toMatchObject({ status: 'paid', attempt_count: 2 });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
});
