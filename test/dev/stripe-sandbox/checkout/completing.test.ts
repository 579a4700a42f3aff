/** Checkout: a session is made, its page is filled in, and a subscription or a card is there. */
import type Stripe from 'stripe';
import {
  advance,
  meterAndPrices,
  refusal,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { answerBankOf, payAt } from '../../../support/sandbox/checkout-form';

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ draftPauseMs: 0, now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

async function sessionOf(more: Partial<Stripe.Checkout.SessionCreateParams> = {}) {
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  const { items } = await meterAndPrices(stripe, {
    ...{ eventName: 'tokens', baseCents: 2900, centsPerToken: '0.0003' },
  });
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    customer: customer.id,
    line_items: items.map(({ price }, index) => ({ price, ...(index === 0 && { quantity: 1 }) })),
    subscription_data: { metadata: { own: 'ada' }, billing_mode: { type: 'flexible' } },
    success_url: 'https://example.com/done?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://example.com/no',
    ...more,
  });
  return { customer, session };
}

const again = (id: string) => stripe.checkout.sessions.retrieve(id);
const typesOf = async () => (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);

test('a session shows what is due today, and its lines', async () => {
  const { session, customer } = await sessionOf();
  expect(session).toMatchObject({
    ...{ status: 'open', payment_status: 'unpaid', mode: 'subscription', customer: customer.id },
    ...{ amount_total: 2900, currency: 'usd', expires_at: START + 24 * 3600 },
  });
  const lines = await stripe.checkout.sessions.listLineItems(session.id);
  expect(lines.data.map(({ amount_total: due }) => due)).toEqual([2900, 0]);
  const expanded = await stripe.checkout.sessions.retrieve(session.id, { expand: ['line_items'] });
  expect(expanded.line_items?.data).toHaveLength(2);
  expect(await (await fetch(String(session.url))).text()).toContain('29.00 USD');
});

test('a card that pays makes the subscription, and the page leads back', async () => {
  const { session, customer } = await sessionOf();
  const page = await payAt(session.url, '4242424242424242');
  expect(page).toContain(`url=https://example.com/done?session=${session.id}`);
  const done = await again(session.id);
  expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
  const subscription = await stripe.subscriptions.retrieve(String(done.subscription), {
    expand: ['default_payment_method', 'latest_invoice'],
  });
  expect(subscription).toMatchObject({
    ...{ status: 'active', customer: customer.id, metadata: { own: 'ada' } },
    ...{ default_payment_method: { card: { last4: '4242' } }, latest_invoice: { status: 'paid' } },
  });
  expect(subscription.items.data).toHaveLength(2);
  const types = await typesOf();
  expect(types[0]).toBe('checkout.session.completed');
  expect(types).toEqual(expect.arrayContaining(['customer.subscription.created', 'invoice.paid']));
});

test.each([
  ['4000000000000002', 'Your card was declined.'],
  ['4000000000009995', 'Your card has insufficient funds.'],
  ['4000000000000341', 'Your card was declined.'],
  ['4242424242424241', 'Your card number is invalid.'],
])('a card %s is refused in words, and another one pays', async (number, words) => {
  const { session } = await sessionOf();
  expect(await payAt(session.url, number)).toContain(words);
  expect((await again(session.id)).status).toBe('open');
  expect((await stripe.subscriptions.list()).data).toEqual([]);
  await payAt(session.url, '4242 4242 4242 4242');
  expect((await again(session.id)).status).toBe('complete');
});

test('a bank that asks is answered on a page of its own', async () => {
  const { session } = await sessionOf();
  expect(await payAt(session.url, '4000000000003220')).toContain('Your bank asks');
  expect(await answerBankOf(session.url, 'fail')).toContain('unable to authenticate');
  await payAt(session.url, '4000002500003155');
  expect(await answerBankOf(session.url, 'succeed')).toContain('Thank you');
  const { subscription } = await again(session.id);
  expect((await stripe.subscriptions.retrieve(String(subscription))).status).toBe('active');
});

test('a trial takes a card and no money', async () => {
  const { session } = await sessionOf({ subscription_data: { trial_period_days: 14 } });
  expect(session.amount_total).toBe(0);
  await payAt(session.url, '4242424242424242');
  const done = await again(session.id);
  expect(done.payment_status).toBe('no_payment_required');
  expect((await stripe.subscriptions.retrieve(String(done.subscription))).status).toBe('trialing');
});

test('a session in setup mode keeps the card, and charges nothing', async () => {
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  const session = await stripe.checkout.sessions.create({
    ...{ mode: 'setup', currency: 'usd', customer: customer.id },
    success_url: 'https://example.com/done',
  });
  await payAt(session.url, '4242424242424242');
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['setup_intent'] });
  expect(done).toMatchObject({ status: 'complete', setup_intent: { status: 'succeeded' } });
  const { data } = await stripe.paymentMethods.list({ customer: customer.id });
  expect(data.map(({ card }) => card?.last4)).toEqual(['4242']);
  const { invoice_settings: settings } = (await stripe.customers.retrieve(
    customer.id,
  )) as Stripe.Customer;
  expect(settings.default_payment_method).toBeNull();
});

test('without a customer the page asks for an e-mail, and makes one', async () => {
  const { session } = await sessionOf({ customer: undefined });
  await payAt(session.url, '4242424242424242', { email: 'new@example.com' });
  const { customer, customer_details: details } = await again(session.id);
  expect(details?.email).toBe('new@example.com');
  expect(await stripe.customers.retrieve(String(customer))).toMatchObject({
    email: 'new@example.com',
  });
});

test('a session expires after a day, or when it is told to, and takes no payment then', async () => {
  const { session } = await sessionOf();
  await stripe.checkout.sessions.create({
    ...{ mode: 'setup', currency: 'usd', success_url: 'https://example.com/done' },
  });
  await stripe.checkout.sessions.expire(session.id);
  expect((await refusal(stripe.checkout.sessions.expire(session.id))).message).toContain('expired');
  nowMs += 25 * 3600_000;
  await stand.control('POST', 'tick');
  const { data } = await stripe.checkout.sessions.list({ status: 'expired' });
  expect(data).toHaveLength(2);
  expect((await typesOf()).filter((type) => type === 'checkout.session.expired')).toHaveLength(2);
  const url = `${stand.sandbox.url}/c/pay/${session.id}`;
  expect(await payAt(url, '4242424242424242')).toContain('has expired');
  expect((await stripe.subscriptions.list()).data).toEqual([]);
});

test('a customer who was deleted meanwhile pays nothing', async () => {
  const { session, customer } = await sessionOf();
  await stripe.customers.del(customer.id);
  expect(await payAt(session.url, '4242424242424242')).toContain('No such customer');
});

test('a subscription of Checkout renews by the card that it was begun with', async () => {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await stripe.customers.create({ email: 'a@example.com', test_clock: clock.id });
  const { session } = await sessionOf({ customer: customer.id });
  await payAt(session.url, '4242424242424242');
  const { subscription } = await again(session.id);
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 14) / 1000);
  const { data } = await stripe.invoices.list({ subscription: String(subscription) });
  expect(data.map(({ status }) => status)).toEqual(['paid', 'paid']);
});

test.each([
  ['succeed', 'paid', 'active', 'checkout.session.async_payment_succeeded'],
  ['fail', 'unpaid', 'past_due', 'checkout.session.async_payment_failed'],
])('a payment that takes days may %s in the end', async (payment, paymentStatus, status, type) => {
  const { session } = await sessionOf();
  await stand.control('POST', 'checkout', { session: session.id, payment: 'later' });
  const waiting = await again(session.id);
  expect(waiting).toMatchObject({ status: 'complete', payment_status: 'unpaid' });
  const subscription = String(waiting.subscription);
  expect((await stripe.subscriptions.retrieve(subscription)).status).toBe('active');
  await stand.control('POST', 'checkout', { session: session.id, payment });
  expect((await again(session.id)).payment_status).toBe(paymentStatus);
  expect((await stripe.subscriptions.retrieve(subscription)).status).toBe(status);
  expect((await typesOf())[0]).toBe(type);
});
