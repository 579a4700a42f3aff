/**
 * Goal: an update that must be paid first waits, is made, expires and is taken back, as
 * docs.stripe.com/billing/subscriptions/pending-updates writes.
 */
import type Stripe from 'stripe';
import { refusal, report, START, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import {
  anUpgrader,
  ASKS,
  DAY,
  DECLINES,
  eventsOf,
  HOUR,
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

describe('an upgrade that waits for its payment', () => {
  test('is in force at once when it is paid, without a word of a pending update', async () => {
    const { id, upgrade, dear } = await anUpgrader(stripe);
    const upgraded = await upgrade('pending_if_incomplete');
    expect(upgraded).toMatchObject({ status: 'active', pending_update: null });
    expect(priceOf(await read(id))).toBe(dear);
    expect(await eventsOf(stripe, 'customer.subscription.pending_update_applied')).toEqual([]);
  });

  test('leaves the subscription as it is, and is shown with its items for 23 hours', async () => {
    const { id, customer, upgrade, cheap, dear } = await anUpgrader(stripe);
    await payWith(stripe, customer, DECLINES);
    const upgraded = await upgrade('pending_if_incomplete');
    expect(upgraded).toMatchObject({
      status: 'active',
      pending_update: {
        expires_at: START + 10 * DAY + 23 * HOUR,
        subscription_items: [{ price: { id: dear } }],
        billing_cycle_anchor: null,
        trial_end: null,
      },
    });
    expect(priceOf(await read(id))).toBe(cheap);
    const [told] = await eventsOf(stripe, 'customer.subscription.updated');
    expect(told?.data.previous_attributes).toMatchObject({ pending_update: null });
    expect(await latestOf(stripe, upgraded)).toMatchObject({
      status: 'open',
      billing_reason: 'subscription_update',
      next_payment_attempt: null,
    });
  });

  test('is made when its invoice is paid with another card', async () => {
    const { id, customer, upgrade, dear } = await anUpgrader(stripe);
    await payWith(stripe, customer, DECLINES);
    const { latest_invoice: invoice } = await upgrade('pending_if_incomplete');
    expect(await refusal(stripe.invoices.pay(String(invoice)))).toMatchObject({ statusCode: 402 });
    expect((await read(id)).pending_update).not.toBeNull();
    const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer });
    await stripe.invoices.pay(String(invoice), { payment_method: card });
    const made = await read(id);
    expect(made).toMatchObject({ status: 'active', pending_update: null });
    expect(priceOf(made)).toBe(dear);
    expect(await eventsOf(stripe, 'customer.subscription.pending_update_applied')).toHaveLength(1);
  });

  test('is made when the cardholder has answered the bank', async () => {
    const { id, customer, upgrade, dear } = await anUpgrader(stripe);
    await payWith(stripe, customer, ASKS);
    const waiting = await upgrade('pending_if_incomplete');
    expect(waiting.status).toBe('active');
    expect(await eventsOf(stripe, 'invoice.payment_action_required')).toHaveLength(1);
    const intent = await intentOf(stripe, await latestOf(stripe, waiting));
    expect((await stripe.paymentIntents.retrieve(intent)).status).toBe('requires_action');
    await stand.control('POST', 'authenticate', { payment_intent: intent, outcome: 'succeed' });
    expect(priceOf(await read(id))).toBe(dear);
  });

  test('is discarded after 23 hours: its invoice is voided, and nobody can pay it', async () => {
    const { id, customer, upgrade, cheap, to } = await anUpgrader(stripe);
    await payWith(stripe, customer, ASKS);
    const waiting = await upgrade('pending_if_incomplete');
    await to(START + 11 * DAY);
    const after = await read(id);
    expect(after).toMatchObject({ status: 'active', pending_update: null });
    expect(priceOf(after)).toBe(cheap);
    const invoice = await latestOf(stripe, waiting);
    expect(invoice.status).toBe('void');
    const intent = await stripe.paymentIntents.retrieve(await intentOf(stripe, invoice));
    expect(intent).toMatchObject({ status: 'canceled', cancellation_reason: 'void_invoice' });
    const [expired] = await eventsOf(stripe, 'customer.subscription.pending_update_expired');
    expect(expired?.created).toBe(START + 10 * DAY + 23 * HOUR);
  });

  test('is taken back by voiding its invoice, and replaced by another update', async () => {
    const { id, customer, upgrade, cheap } = await anUpgrader(stripe);
    await payWith(stripe, customer, DECLINES);
    const first = await upgrade('pending_if_incomplete');
    const second = await upgrade('pending_if_incomplete');
    expect((await latestOf(stripe, first)).status).toBe('void');
    expect(second.latest_invoice).not.toBe(first.latest_invoice);
    await stripe.invoices.voidInvoice(String(second.latest_invoice));
    const after = await read(id);
    expect(after.pending_update).toBeNull();
    expect(priceOf(after)).toBe(cheap);
    expect(await eventsOf(stripe, 'customer.subscription.pending_update_expired')).toEqual([]);
  });

  test('takes its metadata along, merged when it is made', async () => {
    const { id, customer, cheap, dear } = await anUpgrader(stripe, {
      metadata: { plan: 'a', kept: 'yes' },
    });
    const declining = await payWith(stripe, customer, DECLINES);
    const subscription = await read(id);
    const waiting = await stripe.subscriptions.update(id, {
      items: [{ id: subscription.items.data[0]?.id, price: dear }],
      metadata: { plan: 'b' },
      proration_behavior: 'always_invoice',
      payment_behavior: 'pending_if_incomplete',
    });
    expect(waiting.metadata).toEqual({ plan: 'a', kept: 'yes' });
    expect(priceOf(waiting)).toBe(cheap);
    await stripe.paymentMethods.detach(declining);
    await payWith(stripe, customer, 'pm_card_visa');
    await stripe.invoices.pay(String(waiting.latest_invoice));
    expect((await read(id)).metadata).toEqual({ plan: 'b', kept: 'yes' });
  });

  test('bills the usage so far, and loses it when it expires', async () => {
    const { id, customer, upgrade, to } = await anUpgrader(stripe);
    await report(stripe, 'tokens', customer, 700, { timestamp: START + 5 * DAY });
    await payWith(stripe, customer, DECLINES);
    const waiting = await upgrade('pending_if_incomplete');
    expect((await latestOf(stripe, waiting)).total).toBe(4741 + 700);
    await to(START + 12 * DAY);
    await report(stripe, 'tokens', customer, 11);
    await payWith(stripe, customer, 'pm_card_visa');
    await to(START + 31 * DAY + 2 * HOUR);
    expect((await latestOf(stripe, await read(id))).total).toBe(2900 + 11);
  });

  test('or leaves the usage to the renewal, if the sandbox is told to', async () => {
    await stand.control('POST', 'settings', { pendingUpdateUsage: 'left' });
    const { id, customer, upgrade, to } = await anUpgrader(stripe);
    await report(stripe, 'tokens', customer, 700, { timestamp: START + 5 * DAY });
    await payWith(stripe, customer, DECLINES);
    expect((await latestOf(stripe, await upgrade('pending_if_incomplete'))).total).toBe(4741);
    await to(START + 12 * DAY);
    await payWith(stripe, customer, 'pm_card_visa');
    await to(START + 31 * DAY + 2 * HOUR);
    expect((await latestOf(stripe, await read(id))).total).toBe(2900 + 700);
  });
});
