/** Invoices off the beaten track: previews, cancellations, trials, manual ones. */
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
const HOUR = 3600;

async function latest(subscription: string): Promise<Stripe.Invoice> {
  const { data } = await stripe.invoices.list({ subscription, limit: 1 });
  if (!data[0]) throw new Error(`No invoice for ${subscription}`);
  return data[0];
}

test('a preview shows the invoice that the period’s end would make now', async () => {
  const { customer } = await customerOnClock(stripe);
  const terms = { eventName: 'previewed', baseCents: 2900, centsPerToken: '0.0003' };
  const { items } = await meterAndPrices(stripe, terms);
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items });
  await report(stripe, 'previewed', customer.id, 50_000);
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id });
  expect(preview).toMatchObject({ total: 2915, billing_reason: 'upcoming' });
  const { data } = await stripe.invoices.list({ subscription: subscription.id });
  expect(data).toHaveLength(1);
});

test('canceling bills the usage so far only when asked to', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'ended', centsPerToken: '1' });
  const play = async (invoiceNow: boolean) => {
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
    const { frozen_time: now } = await stripe.testHelpers.testClocks.retrieve(clock.id);
    await report(stripe, 'ended', customer.id, 700);
    await advance(stripe, clock.id, now + 60);
    await stripe.subscriptions.cancel(id, { invoice_now: invoiceNow });
    return (await stripe.invoices.list({ subscription: id })).data;
  };
  expect(await play(false)).toEqual([]);
  expect(await play(true)).toMatchObject([{ status: 'paid', total: 700 }]);
});

test('canceled at its period’s end, a subscription bills its last usage and no next base', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const terms = { eventName: 'leaving', baseCents: 2900, centsPerToken: '1' };
  const { items } = await meterAndPrices(stripe, terms);
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  await report(stripe, 'leaving', customer.id, 900);
  await advance(stripe, clock.id, PERIOD_END + HOUR);
  expect(await latest(id)).toMatchObject({ status: 'paid', total: 900 });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
});

test('a manual invoice bills its items and belongs to no subscription', async () => {
  const { customer } = await customerOnClock(stripe);
  const invoice = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  const item = { customer: customer.id, invoice: invoice.id, amount: 1234, currency: 'usd' };
  await stripe.invoiceItems.create({ ...item, description: 'Setup' });
  await stripe.invoices.finalizeInvoice(invoice.id);
  const paid = await stripe.invoices.pay(invoice.id);
  expect(paid).toMatchObject({
    status: 'paid',
    total: 1234,
    billing_reason: 'manual',
    parent: null,
    lines: { data: [{ amount: 1234, parent: { type: 'invoice_item_details' } }] },
  });
});

test('what somebody adds to a draft, changes there or takes off is told as a change of the invoice', async () => {
  const { customer } = await customerOnClock(stripe);
  const invoice = await stripe.invoices.create({ customer: customer.id, auto_advance: false });
  const item = { customer: customer.id, invoice: invoice.id, amount: 1234, currency: 'usd' };
  const { id } = await stripe.invoiceItems.create(item);
  await stripe.invoiceItems.update(id, { amount: 1000 });
  await stripe.invoiceItems.del(id);
  const { data } = await stripe.events.list({ types: ['invoice.updated', 'invoiceitem.created'] });
  const told = data.flatMap(({ type, data: { object, previous_attributes: before } }) =>
    (object as { id: string }).id === invoice.id
      ? [[type, (before as { total: number }).total, (object as { total: number }).total]]
      : [],
  );
  expect(told.reverse()).toEqual([
    ['invoice.updated', 0, 1234],
    ['invoice.updated', 1234, 1000],
    ['invoice.updated', 1000, 0],
  ]);
  const { id: kept } = await stripe.invoiceItems.create(item);
  await stripe.invoices.finalizeInvoice(invoice.id);
  await expect(stripe.invoiceItems.update(kept, { amount: 1 })).rejects.toThrow(/already on/);
});

test('a trial costs nothing until it ends', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'trial', baseCents: 2900 });
  const order = { customer: customer.id, items, trial_end: START + 7 * 24 * HOUR };
  const subscription = await stripe.subscriptions.create(order);
  expect(subscription.status).toBe('trialing');
  expect((await latest(subscription.id)).total).toBe(0);
  await advance(stripe, clock.id, START + 7 * 24 * HOUR + HOUR);
  expect(await latest(subscription.id)).toMatchObject({ status: 'paid', total: 2900 });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
});
