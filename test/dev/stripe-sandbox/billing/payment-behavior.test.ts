/** Goal: an update is made, confirmed or refused as payment_behavior says; so is a resumption. */
import type Stripe from 'stripe';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import {
  anUpgrader,
  ASKS,
  DAY,
  DECLINES,
  eventsOf,
  intentOf,
  latestOf,
  payWith,
  priceOf,
} from '../../../support/sandbox/upgrader';

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterEach(() => stand.close());

const read = async (id: string) => stripe.subscriptions.retrieve(id);

test('an upgrade that may stay unpaid is in force, and the subscription past due', async () => {
  const { id, customer, upgrade, dear } = await anUpgrader(stripe);
  await payWith(stripe, customer, DECLINES);
  const upgraded = await upgrade('allow_incomplete');
  expect(upgraded.status).toBe('past_due');
  expect(priceOf(await read(id))).toBe(dear);
});

test('an upgrade that must be paid is refused with 402, and leaves nothing behind', async () => {
  const { id, customer, upgrade, cheap } = await anUpgrader(stripe);
  await payWith(stripe, customer, DECLINES);
  const before = await read(id);
  const error = await refusal(upgrade('error_if_incomplete'));
  expect(error).toMatchObject({ statusCode: 402, code: 'card_declined', type: 'StripeCardError' });
  expect(await read(id)).toEqual(before);
  expect(priceOf(before)).toBe(cheap);
  expect((await stripe.invoiceItems.list({ customer })).data).toEqual([]);
  expect((await stripe.invoices.list({ customer })).data).toHaveLength(1);
});

test('refused as well: a card that asks, and no card at all; made: what the card pays', async () => {
  const { id, customer, upgrade, dear } = await anUpgrader(stripe);
  const card = await payWith(stripe, customer, ASKS);
  const asked = await refusal(upgrade('error_if_incomplete'));
  expect(asked).toMatchObject({ statusCode: 402, code: 'authentication_required' });
  await stripe.paymentMethods.detach(card);
  const none = await refusal(upgrade('error_if_incomplete'));
  expect(none).toMatchObject({ statusCode: 400, code: 'resource_missing' });
  await payWith(stripe, customer, 'pm_card_visa');
  const upgraded = await upgrade('error_if_incomplete');
  expect(await latestOf(stripe, upgraded)).toMatchObject({ status: 'paid', total: 4741 });
  expect(priceOf(await read(id))).toBe(dear);
});

test('an upgrade whose payment the customer confirms is in force, past due until then', async () => {
  const { id, upgrade, dear } = await anUpgrader(stripe);
  const upgraded = await upgrade('default_incomplete');
  expect(upgraded.status).toBe('past_due');
  expect(priceOf(upgraded)).toBe(dear);
  const invoice = await latestOf(stripe, upgraded);
  expect(invoice.status).toBe('open');
  await stripe.paymentIntents.confirm(await intentOf(stripe, invoice), {
    payment_method: 'pm_card_visa',
  });
  expect((await read(id)).status).toBe('active');
});

test('parameters that no pending update takes are refused, and nothing of the call is made', async () => {
  const { id } = await anUpgrader(stripe);
  const refused = await refusal(
    stripe.subscriptions.update(id, {
      description: 'x',
      cancel_at_period_end: true,
      payment_behavior: 'pending_if_incomplete',
    }),
  );
  expect(refused).toMatchObject({ statusCode: 400, type: 'StripeInvalidRequestError' });
  expect(await read(id)).toMatchObject({ description: null, cancel_at_period_end: false });
});

test('a trial that is ended now goes on, when its end must be paid and is not', async () => {
  const { id, customer } = await anUpgrader(stripe, { trial_period_days: 14 });
  await payWith(stripe, customer, DECLINES);
  const ended = { trial_end: 'now', payment_behavior: 'error_if_incomplete' } as const;
  expect(await refusal(stripe.subscriptions.update(id, ended))).toMatchObject({ statusCode: 402 });
  expect((await read(id)).status).toBe('trialing');
  const pending = { trial_end: 'now', payment_behavior: 'pending_if_incomplete' } as const;
  const waiting = await stripe.subscriptions.update(id, pending);
  expect(waiting).toMatchObject({
    status: 'trialing',
    pending_update: { trial_end: START + 10 * DAY, billing_cycle_anchor: START + 10 * DAY },
  });
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await stripe.invoices.pay(String(waiting.latest_invoice), { payment_method: card });
  const made = await read(id);
  expect(made).toMatchObject({ status: 'active', trial_end: START + 10 * DAY });
  expect(made.items.data[0]?.current_period_start).toBe(START + 10 * DAY);
});

describe('a subscription that its trial paused', () => {
  async function aPaused() {
    const settings = { end_behavior: { missing_payment_method: 'pause' } } as const;
    const { clock } = await customerOnClock(stripe);
    const customer = (await stripe.customers.create({ test_clock: clock.id })).id;
    const { items } = await meterAndPrices(stripe, { eventName: 'paused', baseCents: 2900 });
    const terms = { customer, items, trial_period_days: 10, trial_settings: settings };
    const { id } = await stripe.subscriptions.create(terms);
    const to = (time: number) => advance(stripe, clock.id, time);
    await to(START + 11 * DAY);
    await payWith(stripe, customer, DECLINES);
    return { id, customer, to };
  }

  test('is past due when it is resumed and its invoice is not paid', async () => {
    const { id } = await aPaused();
    expect((await stripe.subscriptions.resume(id)).status).toBe('past_due');
  });

  test('stays paused until it is paid, if that is the condition; for 23 hours', async () => {
    const { id, customer, to } = await aPaused();
    const onSuccess = { payment_behavior: 'resume_on_payment_success' } as const;
    const waiting = await stripe.subscriptions.resume(id, onSuccess);
    expect(waiting).toMatchObject({ status: 'paused', pending_update: null });
    await to(START + 12 * DAY);
    expect((await latestOf(stripe, waiting)).status).toBe('void');
    const again = await stripe.subscriptions.resume(id, onSuccess);
    const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.invoices.pay(String(again.latest_invoice), { payment_method: card });
    const resumed = await read(id);
    expect(resumed.status).toBe('active');
    expect(resumed.items.data[0]?.current_period_start).toBe(START + 12 * DAY);
    expect(await eventsOf(stripe, 'customer.subscription.resumed')).toHaveLength(1);
  });
});
