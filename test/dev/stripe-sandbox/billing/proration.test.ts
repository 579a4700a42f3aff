/** Goal: a change within a period costs to the cent what Stripe would charge for it (§2, §3). */
import type Stripe from 'stripe';
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

const DAY = 86_400;
/** 2026-02-15 12:00: the first period has 31 days. */
const PERIOD_END = START + 31 * DAY;

let stand: Stand;
let stripe: Stripe;
let product = '';

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
  product = (await stripe.products.create({ name: 'Plan' })).id;
});
afterEach(() => stand.close());

const price = async (cents: number, interval: 'month' | 'year' = 'month') =>
  (
    await stripe.prices.create({
      currency: 'usd',
      product,
      unit_amount: cents,
      recurring: { interval },
    })
  ).id;

async function aSubscriber(priceId: string, quantity = 1) {
  const { clock, customer } = await customerOnClock(stripe);
  const { id, items } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: priceId, quantity }],
  });
  const item = String(items.data[0]?.id);
  return { id, item, customer: customer.id, to: (time: number) => advance(stripe, clock.id, time) };
}

const latest = async (subscription: string) =>
  (await stripe.invoices.list({ subscription, limit: 1 })).data[0];
const amountsOf = (invoice: Stripe.Invoice | undefined) =>
  invoice?.lines.data.map(({ amount }) => amount).sort((a, b) => a - b);

test('to the second: $10 to $20 after 10 days and 7 seconds of 31 days', async () => {
  const { id, item, customer, to } = await aSubscriber(await price(1000));
  await to(START + 10 * DAY + 7);
  await stripe.subscriptions.update(id, { items: [{ id: item, price: await price(2000) }] });
  const { data } = await stripe.invoiceItems.list({ customer, pending: true });
  // 1,814,393 of 2,678,400 seconds are left: 677.4 and 1354.8 cents.
  expect(data.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual([-677, 1355]);
  expect(data.every(({ proration }) => proration)).toBe(true);
  await to(PERIOD_END + 2 * 3600);
  expect(amountsOf(await latest(id))).toEqual([-677, 1355, 2000]);
});

test('a seat more is charged for the rest of the period, at once when asked to', async () => {
  const { id, item, to } = await aSubscriber(await price(3100), 2);
  await to(START + 15 * DAY);
  await stripe.subscriptions.update(id, {
    items: [{ id: item, quantity: 3 }],
    proration_behavior: 'always_invoice',
  });
  // 16 of 31 days: 2 × $31 come back as $32, 3 × $31 cost $48.
  const invoice = await latest(id);
  expect(invoice).toMatchObject({ status: 'paid', billing_reason: 'subscription_update' });
  expect(amountsOf(invoice)).toEqual([-3200, 4800]);
});

test('asked for no proration, a change costs nothing before the next period', async () => {
  const { id, item, customer } = await aSubscriber(await price(1000));
  await stripe.subscriptions.update(id, {
    items: [{ id: item, price: await price(2000) }],
    proration_behavior: 'none',
  });
  expect((await stripe.invoiceItems.list({ customer })).data).toEqual([]);
});

test('a preview tells what a change would cost, and changes nothing', async () => {
  const { id, item, to } = await aSubscriber(await price(1000));
  await to(START + 10 * DAY + 7);
  const items = [{ id: item, price: await price(2000) }];
  const preview = await stripe.invoices.createPreview({
    subscription: id,
    subscription_details: { items, proration_behavior: 'always_invoice' },
  });
  expect(amountsOf(preview)).toEqual([-677, 1355]);
  const next = await stripe.invoices.createPreview({ subscription: id });
  expect(next.total).toBe(1000);
});

test('another interval begins a new period now and credits the old one', async () => {
  const { id, item, to } = await aSubscriber(await price(3100));
  await to(START + 15 * DAY);
  const updated = await stripe.subscriptions.update(id, {
    items: [{ id: item, price: await price(30_000, 'year') }],
    proration_date: START + 15 * DAY - 3600,
  });
  expect(updated.items.data[0]?.current_period_start).toBe(START + 15 * DAY);
  const amounts = amountsOf(await latest(id));
  // 16 days and an hour of 31 days: $16.04 come back.
  expect(amounts).toEqual([-1604, 30_000]);
});

test('canceled with prorate, the unused time becomes credit', async () => {
  const { id, customer, to } = await aSubscriber(await price(3100));
  await to(START + 15 * DAY);
  await stripe.subscriptions.cancel(id, { invoice_now: true, prorate: true });
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -1600 });
});

test('canceled at a time within the period, it ends then and gives back the rest', async () => {
  const { id, to } = await aSubscriber(await price(3100));
  await stripe.subscriptions.update(id, { cancel_at: START + 15 * DAY });
  await to(START + 16 * DAY);
  const ended = await stripe.subscriptions.retrieve(id);
  expect(ended).toMatchObject({ status: 'canceled', ended_at: START + 15 * DAY });
  expect(amountsOf(await latest(id))).toEqual([-1600]);
});

test('a metered price that is swapped out is billed for its usage so far', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items, meter } = await meterAndPrices(stripe, { eventName: 't', centsPerToken: '1' });
  const recurring = { interval: 'month', usage_type: 'metered', meter: meter.id } as const;
  const dearer = await stripe.prices.create({
    currency: 'usd',
    product,
    unit_amount: 2,
    recurring,
  });
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  await report(stripe, 't', customer.id, 300);
  await advance(stripe, clock.id, START + 10 * DAY);
  const item = String(subscription.items.data[0]?.id);
  await stripe.subscriptions.update(subscription.id, { items: [{ id: item, price: dearer.id }] });
  await report(stripe, 't', customer.id, 100);
  await advance(stripe, clock.id, PERIOD_END + 2 * 3600);
  // 300 at 1 cent before, 100 at 2 cents after.
  expect(amountsOf(await latest(subscription.id))).toEqual([200, 300]);
});

test('an item named twice in one change is refused', async () => {
  const { id, item } = await aSubscriber(await price(1000));
  const twice = [
    { id: item, quantity: 2 },
    { id: item, quantity: 3 },
  ];
  const error = await refusal(stripe.subscriptions.update(id, { items: twice }));
  expect(error).toMatchObject({ statusCode: 400, param: 'items' });
});

test('items are added, changed and removed one by one, too', async () => {
  const { id, customer } = await aSubscriber(await price(1000));
  const added = await stripe.subscriptionItems.create({
    subscription: id,
    price: await price(500),
    proration_behavior: 'none',
  });
  await stripe.subscriptionItems.update(added.id, { quantity: 3, proration_behavior: 'none' });
  const preview = await stripe.invoices.createPreview({ subscription: id });
  expect(preview.total).toBe(2500);
  await stripe.subscriptionItems.del(added.id, { proration_behavior: 'none' });
  expect((await stripe.subscriptionItems.list({ subscription: id })).data).toHaveLength(1);
  expect((await stripe.invoiceItems.list({ customer })).data).toEqual([]);
});
