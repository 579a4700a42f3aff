/** Discounts of what a change in the middle of a period credits and charges. */
import type Stripe from 'stripe';
import { advance, START, startStand } from '../../../support/sandbox/stand';
import { HALF, subscribedWith } from '../../../support/sandbox/discounted';
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

test('what is unused is credited as it was paid, and what remains costs as much less', async () => {
  const { clock, subscription, product } = await subscribed({
    percent_off: 50,
    duration: 'forever',
  });
  await advance(stripe, clock.id, START + 86_400);
  const price = await stripe.prices.create({
    ...{ product: product.id, currency: 'usd', unit_amount: 9900 },
    recurring: { interval: 'month' },
  });
  const [base] = subscription.items.data;
  const preview = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: {
      items: [{ id: String(base?.id), price: price.id }],
      proration_behavior: 'always_invoice',
    },
  });
  const lines = preview.lines.data.map(({ amount, discount_amounts: parts, discounts }) => [
    ...[amount, parts?.map((part) => part.amount)],
    discounts,
  ]);
  // 30 of 31 days of $29 and $99, each halved; the amounts have it in them.
  expect(lines).toEqual([
    [-1403, [0], subscription.discounts],
    [4790, [0], subscription.discounts],
  ]);
  expect(preview.total).toBe(3387);
});

test('itemized, prorations are shown before discounts, and what these take beside them', async () => {
  const mode = { type: 'flexible', flexible: { proration_discounts: 'itemized' } } as const;
  const { clock, subscription, product, invoices } = await subscribed(HALF, { billing_mode: mode });
  await advance(stripe, clock.id, START + 86_400);
  const price = await stripe.prices.create({
    ...{ product: product.id, currency: 'usd', unit_amount: 9900 },
    recurring: { interval: 'month' },
  });
  const [base] = subscription.items.data;
  await stripe.subscriptions.update(subscription.id, {
    items: [{ id: String(base?.id), price: price.id }],
    proration_behavior: 'always_invoice',
  });
  const change = (await invoices()).at(-1);
  const lines = change?.lines.data.map(({ amount, discount_amounts: parts }) => [
    amount,
    parts?.map((part) => part.amount),
  ]);
  expect(lines).toEqual([
    [-2806, [-1403]],
    [9581, [4791]],
  ]);
  expect(change).toMatchObject({
    ...{ subtotal: 6775, total: 3387, status: 'paid' },
    total_discount_amounts: [{ amount: 3388, discount: subscription.discounts[0] }],
  });
});

test('a month that was a present gives nothing back', async () => {
  const { clock, customer, subscription } = await subscribed({ percent_off: 100 });
  await advance(stripe, clock.id, START + 86_400);
  await stripe.subscriptions.cancel(subscription.id, { prorate: true, invoice_now: true });
  const items = await stripe.invoiceItems.list({ customer: customer.id });
  expect(items.data.map((item) => item.amount + 0)).toEqual([0]);
});
