/**
 * Goal: what an integration relies on, told by the official client alone: it holds in the sandbox
 * and, with a key, at Stripe itself.
 */
import Stripe from 'stripe';
import { describeInBoth, unique } from '../../support/sandbox/both';
import type { Place } from '../../support/sandbox/both';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  START,
  until,
} from '../../support/sandbox/stand';

const HOUR = 3600;
const DAY = 24 * HOUR;
const PERIOD_END = Date.UTC(2026, 1, 15, 12) / 1000;

describeInBoth('what an integration relies on', (start) => {
  let place: Place;
  let stripe: Stripe;

  beforeAll(async () => {
    place = await start();
    stripe = place.stripe;
  });
  afterAll(() => place.close());

  const latest = async (subscription: string) => {
    const { data } = await stripe.invoices.list({ subscription, limit: 1 });
    if (!data[0]) throw new Error(`No invoice for ${subscription}`);
    return data[0];
  };
  const aSubscriber = async (card?: string) => {
    const eventName = unique('tokens');
    const { clock, customer } = await customerOnClock(stripe, START, card);
    const terms = { eventName, baseCents: 2900, centsPerToken: '0.0003' };
    const { items } = await meterAndPrices(stripe, terms);
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
    return { id, clock, customer, eventName };
  };
  const aggregated = (subscription: string, total: number) =>
    until(
      'the usage in a preview',
      async () => (await stripe.invoices.createPreview({ subscription })).total === total,
      60,
    );

  test('the same idempotency key gives the same answer, and makes one object', async () => {
    const options = { idempotencyKey: unique('once') };
    const name = unique('Ada');
    const first = await stripe.customers.create({ name }, options);
    const again = await stripe.customers.create({ name }, options);
    expect(again.id).toBe(first.id);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  });

  test('the same idempotency key with other parameters is refused', async () => {
    const options = { idempotencyKey: unique('other') };
    await stripe.customers.create({ name: 'Ada' }, options);
    const error = await refusal(stripe.customers.create({ name: 'Bob' }, options));
    expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
    expect(error.statusCode).toBe(400);
  });

  test('a refusal is replayed once execution had begun, a wrong parameter is not kept', async () => {
    const { id: customer } = await stripe.customers.create({});
    const key = { idempotencyKey: unique('attach') };
    const attach = () => stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer }, key);
    expect((await refusal(attach())).statusCode).toBe(402);
    expect((await refusal(attach())).headers?.['idempotent-replayed']).toBe('true');
    const options = { idempotencyKey: unique('fixed') };
    const wrong = { bogus: '1' } as Stripe.CustomerCreateParams;
    const refused = await refusal(stripe.customers.create(wrong, options));
    expect(refused.code).toBe('parameter_unknown');
    expect((await stripe.customers.create({}, options)).object).toBe('customer');
  });

  test('metadata is merged, and an empty value removes its key', async () => {
    const { id } = await stripe.customers.create({ metadata: { a: '1', b: '2' } });
    const updated = await stripe.customers.update(id, { metadata: { b: '', c: '3' } });
    expect(updated.metadata).toEqual({ a: '1', c: '3' });
  });

  test('expand replaces ids, also within lists', async () => {
    const { customer } = await aSubscriber();
    const { data } = await stripe.subscriptions.list({
      customer: customer.id,
      expand: ['data.latest_invoice.payments', 'data.customer'],
    });
    expect(data[0]).toMatchObject({
      customer: { id: customer.id, object: 'customer' },
      latest_invoice: { object: 'invoice', payments: { data: [{ status: 'paid' }] } },
    });
  });

  test('a deleted customer leaves a tombstone and no subscription', async () => {
    const { id, customer } = await aSubscriber();
    expect(await stripe.customers.del(customer.id)).toMatchObject({ deleted: true });
    expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true });
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
  });

  test('a month: base for the next period and usage of the ended one, a draft hour, paid', async () => {
    const { id, clock, customer, eventName } = await aSubscriber();
    await report(stripe, eventName, customer.id, 50_000);
    await aggregated(id, 2915);
    await advance(stripe, clock.id, PERIOD_END + HOUR / 2);
    expect(await latest(id)).toMatchObject({
      status: 'draft',
      billing_reason: 'subscription_cycle',
    });
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    const invoice = await latest(id);
    expect(invoice).toMatchObject({ status: 'paid', total: 2915, attempt_count: 1 });
    const spans = invoice.lines.data.map(({ amount, period }) => [amount, period.start]);
    expect(spans.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
      [15, START],
      [2900, PERIOD_END],
    ]);
  });

  test('usage of the ended period counts while the draft is open, and on nothing after', async () => {
    const { id, clock, customer, eventName } = await aSubscriber();
    await advance(stripe, clock.id, PERIOD_END + HOUR / 2);
    const timestamp = PERIOD_END - 60;
    await report(stripe, eventName, customer.id, 100_000, { timestamp });
    const isCounted = async () => (await latest(id)).total === 2930;
    await until('the usage on the draft', isCounted, 60);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    await report(stripe, eventName, customer.id, 100_000, { timestamp });
    await advance(stripe, clock.id, PERIOD_END + 3 * HOUR);
    expect(await latest(id)).toMatchObject({ status: 'paid', total: 2930 });
    expect((await stripe.invoices.createPreview({ subscription: id })).total).toBe(2900);
  });

  test('a renewal that fails is past due and retried; a new card recovers it', async () => {
    const { id, clock, customer } = await aSubscriber();
    await useCard(stripe, customer.id, 'pm_card_chargeCustomerFail');
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    const failed = await latest(id);
    expect(failed).toMatchObject({ status: 'open', attempted: true });
    expect(failed.next_payment_attempt).not.toBeNull();
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('past_due');
    await useCard(stripe, customer.id, 'pm_card_visa');
    await stripe.invoices.pay(failed.id);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  });

  test('canceled at its period’s end, a subscription bills its last usage and no next base', async () => {
    const { id, clock, customer, eventName } = await aSubscriber();
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await report(stripe, eventName, customer.id, 1_000_000);
    await aggregated(id, 300);
    await advance(stripe, clock.id, PERIOD_END + 2 * HOUR);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
    expect((await latest(id)).total).toBe(300);
  });

  test('an identifier counts once within a day', async () => {
    const { id, customer, eventName } = await aSubscriber();
    const identifier = unique('report');
    await report(stripe, eventName, customer.id, 1_000_000, { identifier });
    await refusal(report(stripe, eventName, customer.id, 1_000_000, { identifier }));
    await aggregated(id, 3200);
  });

  test('a clock deleted takes its customers with it', async () => {
    const { clock, customer } = await customerOnClock(stripe, START + DAY);
    await stripe.testHelpers.testClocks.del(clock.id);
    const gone = await stripe.customers.retrieve(customer.id).catch(() => ({ deleted: true }));
    expect(gone.deleted).toBe(true);
  });
});

async function useCard(stripe: Stripe, customer: string, card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  const settings = { invoice_settings: { default_payment_method: id } };
  await stripe.customers.update(customer, settings);
}
