/** Goal: a renewal that is not paid is retried, given up and recovered as at Stripe (§3 step 4). */
import type Stripe from 'stripe';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const HOUR = 3600;
const DAY = 24 * HOUR;
const PERIOD_END = Date.UTC(2026, 1, 15, 12) / 1000;
/** When the first renewal is charged: an hour after its draft. */
const FIRST_TRY = PERIOD_END + HOUR;

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterEach(() => stand.close());

async function useCard(customer: string, card: string): Promise<string> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  const settings = { invoice_settings: { default_payment_method: id } };
  await stripe.customers.update(customer, settings);
  return id;
}

/** A subscriber of $29 a month whose card fails from the first renewal on. */
async function aFailingSubscriber() {
  const { clock, customer } = await customerOnClock(stripe, START);
  const { items } = await meterAndPrices(stripe, { eventName: 'tokens', baseCents: 2900 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await useCard(customer.id, 'pm_card_chargeCustomerFail');
  const to = (time: number) => advance(stripe, clock.id, time);
  await to(FIRST_TRY);
  return { id, customer: customer.id, to };
}

async function invoicesOf(subscription: string): Promise<Stripe.Invoice[]> {
  return (await stripe.invoices.list({ subscription })).data;
}

async function latest(subscription: string): Promise<Stripe.Invoice> {
  const [invoice] = await invoicesOf(subscription);
  if (!invoice) throw new Error(`No invoice for ${subscription}`);
  return invoice;
}

const statusOf = async (id: string) => (await stripe.subscriptions.retrieve(id)).status;

test('a cancellation stops the collection of what is open, which can still be paid', async () => {
  const { id, to, customer } = await aFailingSubscriber();
  await stripe.subscriptions.cancel(id);
  await useCard(customer, 'pm_card_visa');
  await to(FIRST_TRY + 20 * DAY);
  const open = await latest(id);
  expect(open).toMatchObject({ status: 'open', attempt_count: 1, auto_advance: false });
  expect(open.next_payment_attempt).toBeNull();
  expect(await stripe.invoices.pay(open.id)).toMatchObject({ status: 'paid' });
});

test('eight attempts within two weeks, each announced, then the subscription ends', async () => {
  const { id, to } = await aFailingSubscriber();
  const days: number[] = [];
  for (let next = (await latest(id)).next_payment_attempt; next !== null;) {
    days.push((next - FIRST_TRY) / DAY);
    await to(next);
    next = (await latest(id)).next_payment_attempt;
  }
  expect(days).toEqual([1, 2, 4, 6, 8, 11, 14]);
  expect(await latest(id)).toMatchObject({ status: 'open', attempt_count: 8 });
  expect(await stripe.subscriptions.retrieve(id)).toMatchObject({
    status: 'canceled',
    cancellation_details: { reason: 'payment_failed' },
  });
  const failures = await stripe.events.list({ type: 'invoice.payment_failed' });
  expect(failures.data).toHaveLength(8);
});

test('invoice.updated tells when the next attempt is', async () => {
  const { id } = await aFailingSubscriber();
  const { data } = await stripe.events.list({ type: 'invoice.updated', limit: 1 });
  const invoice = data[0]?.data.object as Stripe.Invoice;
  expect(invoice.id).toBe((await latest(id)).id);
  expect(invoice.next_payment_attempt).toBe(FIRST_TRY + DAY);
});

test('by another schedule of the account, it is retried by that', async () => {
  await stand.control('POST', 'settings', { retryAfterDays: [3] });
  const { id, to } = await aFailingSubscriber();
  expect((await latest(id)).next_payment_attempt).toBe(FIRST_TRY + 3 * DAY);
  await to(FIRST_TRY + 3 * DAY);
  expect(await statusOf(id)).toBe('canceled');
});

test('unpaid by setting: later invoices stay drafts until somebody pays', async () => {
  await stand.control('POST', 'settings', { retryAfterDays: [3], subscription: 'unpaid' });
  const { id, customer, to } = await aFailingSubscriber();
  await to(FIRST_TRY + 3 * DAY);
  expect(await statusOf(id)).toBe('unpaid');
  await to(Date.UTC(2026, 2, 15, 14) / 1000);
  const [second, first] = await invoicesOf(id);
  expect(second).toMatchObject({ status: 'draft', auto_advance: false });
  await useCard(customer, 'pm_card_visa');
  await stripe.invoices.pay(String(first?.id));
  expect(await statusOf(id)).toBe('active');
});

test('left past due by setting, with its invoice written off', async () => {
  const settings = { retryAfterDays: [3], subscription: 'past_due', invoice: 'uncollectible' };
  await stand.control('POST', 'settings', settings);
  const { id, to } = await aFailingSubscriber();
  await to(FIRST_TRY + 3 * DAY);
  expect(await statusOf(id)).toBe('past_due');
  expect((await latest(id)).status).toBe('uncollectible');
  const events = await stripe.events.list({ type: 'invoice.marked_uncollectible' });
  expect(events.data).toHaveLength(1);
});

test('a card that is better the next time recovers by the retry itself', async () => {
  const { id, customer, to } = await aFailingSubscriber();
  await useCard(customer, 'pm_card_visa');
  expect(await statusOf(id)).toBe('past_due');
  await to(FIRST_TRY + DAY);
  expect(await latest(id)).toMatchObject({ status: 'paid', attempt_count: 2 });
  expect(await statusOf(id)).toBe('active');
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ delinquent: false });
});

test('after a hard decline attempts are counted, but only another card is charged', async () => {
  const { clock, customer } = await customerOnClock(stripe, START);
  const { items } = await meterAndPrices(stripe, { eventName: 'tokens', baseCents: 2900 });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  const order = { customer: customer.id, code: 'stolen_card' };
  await stand.control('POST', 'fail-next-payment', order);
  await advance(stripe, clock.id, FIRST_TRY + 5 * DAY);
  const charges = async () => (await stripe.charges.list({ customer: customer.id })).data.length;
  expect(await latest(id)).toMatchObject({ status: 'open', attempt_count: 4 });
  expect(await charges()).toBe(2);
  await useCard(customer.id, 'pm_card_mastercard');
  await advance(stripe, clock.id, FIRST_TRY + 6 * DAY);
  expect(await latest(id)).toMatchObject({ status: 'paid', attempt_count: 5 });
  expect(await charges()).toBe(3);
});

test('of two unpaid periods the latest decides: the older one paid alone heals nothing', async () => {
  await stand.control('POST', 'settings', { retryAfterDays: [60] });
  const { id, customer, to } = await aFailingSubscriber();
  await to(Date.UTC(2026, 2, 15, 14) / 1000);
  const [second, first] = await invoicesOf(id);
  expect([second?.status, first?.status]).toEqual(['open', 'open']);
  await useCard(customer, 'pm_card_visa');
  await stripe.invoices.pay(String(first?.id));
  expect(await statusOf(id)).toBe('past_due');
  await stripe.invoices.pay(String(second?.id));
  expect(await statusOf(id)).toBe('active');
});

test('a setting that makes no sense is refused with what would', async () => {
  const answer = await stand.control('POST', 'settings', { subscription: 'forgive' });
  expect(answer).toMatchObject({
    error: { message: expect.stringMatching(/forgive.*cancel, unpaid, past_due/) as string },
  });
});

test('an unpaid invoice that is marked uncollectible makes the subscription active', async () => {
  const written = await aFailingSubscriber();
  expect(await statusOf(written.id)).toBe('past_due');
  await stripe.invoices.markUncollectible((await latest(written.id)).id);
  expect(await statusOf(written.id)).toBe('active');
  const { data } = await stripe.events.list({ type: 'customer.subscription.updated', limit: 1 });
  expect(data[0]?.data.previous_attributes).toEqual({ status: 'past_due' });
});

test('so does voiding the only unpaid one, and its card cannot be charged any more', async () => {
  const { id } = await aFailingSubscriber();
  await stripe.invoices.voidInvoice((await latest(id)).id);
  expect(await statusOf(id)).toBe('active');
  const { data } = await stripe.paymentIntents.list({ limit: 1 });
  expect(data[0]).toMatchObject({ status: 'canceled', cancellation_reason: 'void_invoice' });
});
