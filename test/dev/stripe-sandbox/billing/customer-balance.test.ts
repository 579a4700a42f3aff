/** Goal: a customer's balance pays, carries and takes back, and every movement is told. */
import type Stripe from 'stripe';
import { describeInBoth, unique } from '../../../support/sandbox/both';
import type { Place } from '../../../support/sandbox/both';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  START,
} from '../../../support/sandbox/stand';

const HOUR = 3600;
const PERIOD_END = Date.UTC(2026, 1, 15, 12) / 1000;

let place: Place;
let stripe: Stripe;

async function aSubscriber(baseCents = 2900) {
  const { clock, customer } = await customerOnClock(stripe, START);
  const { items } = await meterAndPrices(stripe, { eventName: unique('tokens'), baseCents });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  return { id, clock, customer: customer.id };
}

const adjust = (customer: string, amount: number) =>
  stripe.customers.createBalanceTransaction(customer, { amount, currency: 'usd' });

async function latest(subscription: string): Promise<Stripe.Invoice> {
  const { data } = await stripe.invoices.list({ subscription, limit: 1 });
  if (!data[0]) throw new Error(`No invoice for ${subscription}`);
  return data[0];
}

/** Oldest first. */
async function movements(customer: string) {
  const { data } = await stripe.customers.listBalanceTransactions(customer);
  return data.map(({ type, amount, ending_balance: balance }) => [type, amount, balance]).reverse();
}

describeInBoth("a customer's balance", (start) => {
  beforeAll(async () => {
    place = await start();
    stripe = place.stripe;
  });
  afterAll(() => place.close());

  test('credit lowers what the next invoice charges', async () => {
    const { id, clock, customer } = await aSubscriber();
    await adjust(customer, -1000);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    const expected = { total: 2900, starting_balance: -1000, ending_balance: 0, amount_paid: 1900 };
    expect(await latest(id)).toMatchObject(expected);
    expect(await movements(customer)).toEqual([
      ['adjustment', -1000, -1000],
      ['applied_to_invoice', 1000, 0],
    ]);
  });

  test('credit beyond the invoice stays for the one after', async () => {
    const { id, clock, customer } = await aSubscriber();
    await adjust(customer, -5000);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect(await latest(id)).toMatchObject({ amount_due: 0, status: 'paid' });
    expect(await movements(customer)).toEqual([
      ['adjustment', -5000, -5000],
      ['applied_to_invoice', 2900, -2100],
    ]);
  });

  test('debt is collected with the next invoice', async () => {
    const { id, clock, customer } = await aSubscriber();
    await adjust(customer, 700);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect(await latest(id)).toMatchObject({ total: 2900, amount_paid: 3600 });
  });

  test('an invoice too small to charge is carried by the balance', async () => {
    const { id, clock, customer } = await aSubscriber(30);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect(await latest(id)).toMatchObject({ total: 30, amount_paid: 60, status: 'paid' });
    expect(await movements(customer)).toEqual([
      ['invoice_too_small', 30, 30],
      ['applied_to_invoice', -30, 0],
    ]);
  });

  test('a voided invoice gives back what it took', async () => {
    const { customer } = await aSubscriber();
    await adjust(customer, -100);
    await stripe.invoiceItems.create({ customer, amount: 900, currency: 'usd' });
    const { id } = await stripe.invoices.create({
      customer,
      pending_invoice_items_behavior: 'include',
    });
    expect((await stripe.invoices.finalizeInvoice(id)).amount_due).toBe(800);
    await stripe.invoices.voidInvoice(id);
    expect(await movements(customer)).toEqual([
      ['adjustment', -100, -100],
      ['applied_to_invoice', 100, 0],
      ['unapplied_from_invoice', -100, -100],
    ]);
  });

  test('set at creation or by an update, a balance has its movement, too', async () => {
    const { id } = await stripe.customers.create({ balance: -500 });
    await stripe.customers.update(id, { balance: -200 });
    expect(await movements(id)).toEqual([
      ['initial', -500, -500],
      ['adjustment', 300, -200],
    ]);
  });

  test('a balance has one currency', async () => {
    const { customer } = await aSubscriber();
    const euros = stripe.customers.createBalanceTransaction(customer, {
      amount: -100,
      currency: 'eur',
    });
    expect((await refusal(euros)).statusCode).toBe(400);
  });
});
