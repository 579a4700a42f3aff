/** What discounts take off invoices: once, for months or for ever, of every line, to the cent. */
import type Stripe from 'stripe';
import {
  advance,
  customerOnClock,
  report,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import { HALF, renewal, subscribedWith } from '../../../support/sandbox/discounted';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand({ draftPauseMs: 0 });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

const subscribed = (
  ...terms: [Stripe.CouponCreateParams | null, Partial<Stripe.SubscriptionCreateParams>?]
) => subscribedWith(stripe, ...terms);
const figures = (invoices: readonly Stripe.Invoice[]) =>
  invoices.map(({ subtotal, total, amount_paid: paid }) => [subtotal, total, paid]);

test('a percentage is taken off each line, metered ones too, and every sum says so', async () => {
  const { clock, customer, invoices, subscription } = await subscribed({
    ...{ percent_off: 33.3, duration: 'forever' },
  });
  await report(stripe, 'tokens', customer.id, 1001);
  await advance(stripe, clock.id, renewal(1));
  const [first, second] = await invoices();
  expect(first).toMatchObject({ subtotal: 2900, total: 1934, amount_paid: 1934 });
  const lines = second?.lines.data.map(({ amount, discount_amounts: parts }) => [
    amount,
    parts?.map((part) => part.amount),
  ]);
  // 1,001 tokens cost 300 cents, of which 33.3% are 99.9.
  expect(lines).toEqual([
    [2900, [966]],
    [300, [100]],
  ]);
  const [discount] = subscription.discounts;
  expect(second).toMatchObject({
    ...{ subtotal: 3200, total: 2134, discounts: [discount] },
    total_discount_amounts: [{ amount: 1066, discount }],
    total_pretax_credit_amounts: [{ amount: 1066, discount, type: 'discount' }],
  });
});

test('a coupon of once is used up by the first invoice', async () => {
  const { clock, invoices, subscription } = await subscribed({ percent_off: 50 });
  await advance(stripe, clock.id, renewal(1));
  expect(figures(await invoices())).toEqual([
    [2900, 1450, 1450],
    [2900, 2900, 2900],
  ]);
  // stripe/stripe-go#944: the subscription that was just made has it no more.
  expect((await stripe.subscriptions.retrieve(subscription.id)).discounts).toEqual([]);
});

test('a trial’s free invoice does not use it up', async () => {
  const { clock, invoices } = await subscribed({ percent_off: 50 }, { trial_period_days: 5 });
  await advance(stripe, clock.id, Date.UTC(2026, 0, 20, 14) / 1000);
  expect(figures(await invoices())).toEqual([
    [0, 0, 0],
    [2900, 1450, 1450],
  ]);
});

test('a coupon of two months takes off two invoices, and is gone with the second month', async () => {
  const { clock, invoices, subscription } = await subscribed({
    ...{ percent_off: 50, duration: 'repeating', duration_in_months: 2 },
  });
  for (const month of [1, 2, 3]) await advance(stripe, clock.id, renewal(month));
  expect((await invoices()).map(({ total }) => total)).toEqual([1450, 1450, 2900, 2900]);
  expect((await stripe.subscriptions.retrieve(subscription.id)).discounts).toEqual([]);
  const { data } = await stripe.events.list({ type: 'customer.discount.deleted' });
  expect(data).toHaveLength(1);
});

test('everything off leaves an invoice that is paid without a payment', async () => {
  const { customer, invoices } = await subscribed({ percent_off: 100, duration: 'forever' });
  const [invoice] = await invoices();
  expect(invoice).toMatchObject({ status: 'paid', subtotal: 2900, total: 0, amount_due: 0 });
  expect((await stripe.paymentIntents.list({ customer: customer.id })).data).toEqual([]);
});

test('an amount that is more than the invoice leaves nothing, and is not carried over', async () => {
  const { clock, customer, invoices } = await subscribed({
    ...{ amount_off: 5000, currency: 'usd', duration: 'once' },
  });
  await advance(stripe, clock.id, renewal(1));
  expect(figures(await invoices())).toEqual([
    [2900, 0, 0],
    [2900, 2900, 2900],
  ]);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: 0 });
});

test('an amount is shared out over the lines to the last cent', async () => {
  const { clock, customer, invoices } = await subscribed({
    ...{ amount_off: 1000, currency: 'usd', duration: 'forever' },
  });
  await report(stripe, 'tokens', customer.id, 3333);
  await advance(stripe, clock.id, renewal(1));
  const [, second] = await invoices();
  const parts = second?.lines.data.flatMap(({ discount_amounts: all }) =>
    (all ?? []).map(({ amount }) => amount),
  );
  expect(parts).toEqual([744, 256]);
  expect(second).toMatchObject({ subtotal: 3900, total: 2900 });
});

test('several discounts are taken one after the other', async () => {
  const { customer, items, subscription } = await subscribed(HALF);
  const five = await stripe.coupons.create({
    ...{ amount_off: 500, currency: 'usd', duration: 'forever' },
  });
  await stripe.subscriptions.update(subscription.id, {
    discounts: [{ coupon: five.id }, { discount: String(subscription.discounts[0]) }],
  });
  const preview = await stripe.invoices.createPreview({
    ...{ customer: customer.id, subscription: subscription.id },
  });
  expect(items).toHaveLength(2);
  expect(preview).toMatchObject({ subtotal: 2900, total: 1200 });
});

test('a coupon that is for a product leaves the others alone', async () => {
  const other = await stripe.products.create({ name: 'Other' });
  const { invoices } = await subscribed({ ...HALF, applies_to: { products: [other.id] } });
  expect(figures(await invoices())).toEqual([[2900, 2900, 2900]]);
  const [coupon] = (await stripe.coupons.list({ expand: ['data.applies_to'] })).data;
  expect(coupon?.applies_to).toEqual({ products: [other.id] });
});

test('a preview tries a coupon, and redeems nothing', async () => {
  const { subscription } = await subscribed(null);
  const { id } = await stripe.coupons.create(HALF);
  const preview = await stripe.invoices.createPreview({
    ...{ subscription: subscription.id, discounts: [{ coupon: id }] },
  });
  expect(preview).toMatchObject({ subtotal: 2900, total: 1450 });
  expect((await stripe.coupons.retrieve(id)).times_redeemed).toBe(0);
  expect((await stripe.subscriptions.retrieve(subscription.id)).discounts).toEqual([]);
});

test('what is taken away in the middle of a period is not on its invoice', async () => {
  const { clock, invoices, subscription } = await subscribed(HALF);
  await advance(stripe, clock.id, START + 86_400);
  await stripe.subscriptions.update(subscription.id, { discounts: '' });
  await advance(stripe, clock.id, renewal(1));
  expect((await invoices()).map(({ total }) => total)).toEqual([1450, 2900]);
});

test('a customer’s own discount is inherited by what has none, and by nothing else', async () => {
  const { clock, customer, invoices, subscription } = await subscribed(null);
  const quarter = await stripe.coupons.create({ percent_off: 25, duration: 'forever' });
  const half = await stripe.coupons.create(HALF);
  const order = { customer: customer.id, coupon: quarter.id };
  await stand.control('POST', 'customer-discount', order);
  await advance(stripe, clock.id, renewal(1));
  await stripe.subscriptions.update(subscription.id, { discounts: [{ coupon: half.id }] });
  await advance(stripe, clock.id, renewal(2));
  expect((await invoices()).map(({ total }) => total)).toEqual([2900, 2175, 1450]);
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({
    discount: { source: { coupon: quarter.id } },
  });
  expect(await stripe.customers.deleteDiscount(customer.id)).toMatchObject({ deleted: true });
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ discount: null });
});

test('a draft takes a coupon of its own, and gives it back', async () => {
  const { customer } = await customerOnClock(stripe);
  const { id: coupon } = await stripe.coupons.create({ percent_off: 10 });
  const { id } = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  const line = { customer: customer.id, invoice: id, currency: 'usd' };
  await stripe.invoiceItems.create({ ...line, amount: 1000 });
  await stripe.invoiceItems.create({ ...line, amount: -200 });
  const discounted = await stripe.invoices.update(id, { discounts: [{ coupon }] });
  // Coupons leave negative lines alone.
  expect(discounted).toMatchObject({ subtotal: 800, total: 700 });
  expect(await stripe.invoices.update(id, { discounts: '' })).toMatchObject({ total: 800 });
});

test('credits pay what discounts have left', async () => {
  const { clock, customer, invoices } = await subscribed(HALF);
  await stripe.billing.creditGrants.create({
    ...{ customer: customer.id, category: 'paid' },
    amount: { type: 'monetary', monetary: { currency: 'usd', value: 10_000 } },
    applicability_config: { scope: { price_type: 'metered' } },
  });
  await report(stripe, 'tokens', customer.id, 1000);
  await advance(stripe, clock.id, renewal(1));
  const [, second] = await invoices();
  expect(second?.total_pretax_credit_amounts?.map(({ amount }) => amount)).toEqual([1600, 150]);
  expect(second).toMatchObject({ subtotal: 3200, total: 1450 });
});
