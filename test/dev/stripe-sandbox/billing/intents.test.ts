/** Payment intents: what each test card does, who is asked, what an invoice waits for. */
import Stripe from 'stripe';
import {
  customerOnClock,
  meterAndPrices,
  refusal,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { chargeOf, pay, readyVendor } from '../../../support/sandbox/vendors';

let stand: Stand;
let stripe: Stripe;

beforeAll(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterAll(() => stand.close());

const answer = (order: Record<string, string>) => stand.control('POST', 'authenticate', order);

/** docs.stripe.com/testing#declined-payments */
test.each([
  ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_visa_chargeDeclinedLostCard', 'card_declined', 'lost_card'],
  ['pm_card_visa_chargeDeclinedStolenCard', 'card_declined', 'stolen_card'],
  ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', 'card_declined', 'card_velocity_exceeded'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error', undefined],
])('%s is declined with %s', async (card, code, declineCode) => {
  const error = await refusal(pay(stripe, 1000, { payment_method: card }));
  expect(error).toBeInstanceOf(Stripe.errors.StripeCardError);
  expect(error).toMatchObject({ statusCode: 402, code, decline_code: declineCode ?? '' });
  const { payment_intent: intent } = error.raw as { payment_intent: Stripe.PaymentIntent };
  expect(intent).toMatchObject({ status: 'requires_payment_method', last_payment_error: { code } });
  const charge = await stripe.charges.retrieve(chargeOf(intent));
  expect(charge).toMatchObject({ status: 'failed', paid: false, balance_transaction: null });
});

test('an intent is confirmed with a card once it has one', async () => {
  const intent = await stripe.paymentIntents.create({ amount: 1000, currency: 'usd' });
  expect(intent.status).toBe('requires_payment_method');
  const chosen = await stripe.paymentIntents.update(intent.id, { payment_method: 'pm_card_visa' });
  expect(chosen.status).toBe('requires_confirmation');
  const paid = await stripe.paymentIntents.confirm(intent.id);
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 1000 });
  const again = await refusal(stripe.paymentIntents.confirm(intent.id));
  expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  const canceled = await refusal(stripe.paymentIntents.cancel(intent.id));
  expect(canceled).toMatchObject({ code: 'payment_intent_unexpected_state' });
});

test('captured by hand, only what is captured is paid; the rest is let go', async () => {
  const held = await pay(stripe, 1000, { capture_method: 'manual' });
  expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 1000 });
  const paid = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 700 });
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 700, amount_capturable: 0 });
  const { data } = await stripe.balanceTransactions.list({ source: chargeOf(paid) });
  // 2.9 % of $7.00 are 20.3 cents: 20, and 30.
  expect(data).toMatchObject([{ amount: 700, fee: 50 }]);
  const freed = await pay(stripe, 1000, { capture_method: 'manual' });
  const canceled = await stripe.paymentIntents.cancel(freed.id);
  expect(canceled).toMatchObject({ status: 'canceled', amount_capturable: 0 });
});

test('a card that wants its holder asked waits for the answer, and pays by it', async () => {
  const card = 'pm_card_threeDSecure2Required';
  const asked = await pay(stripe, 1000, { payment_method: card, return_url: 'https://x.example' });
  expect(asked).toMatchObject({
    status: 'requires_action',
    next_action: { type: 'redirect_to_url' },
    latest_charge: null,
  });
  await answer({ payment_intent: asked.id, outcome: 'succeed' });
  expect((await stripe.paymentIntents.retrieve(asked.id)).status).toBe('succeeded');
  const refused = await pay(stripe, 1000, { payment_method: card });
  expect(refused.next_action?.type).toBe('use_stripe_sdk');
  await answer({ payment_intent: refused.id, outcome: 'fail' });
  expect(await stripe.paymentIntents.retrieve(refused.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  });
});

test('with nobody there to be asked, such a card is declined', async () => {
  const payment_method = 'pm_card_authenticationRequired';
  const error = await refusal(pay(stripe, 1000, { payment_method, off_session: true }));
  expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
});

test('a card set up for later is not asked about again', async () => {
  const customer = (await stripe.customers.create()).id;
  const setup = await stripe.setupIntents.create({
    customer,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
    confirm: true,
  });
  expect(setup.status).toBe('requires_action');
  await answer({ setup_intent: setup.id, outcome: 'succeed' });
  const { status, payment_method: card } = await stripe.setupIntents.retrieve(setup.id);
  expect(status).toBe('succeeded');
  const order = { customer, payment_method: String(card), off_session: true };
  expect((await pay(stripe, 1000, order)).status).toBe('succeeded');
});

test('a subscription whose first payment is to be authenticated begins when it is', async () => {
  const { customer } = await customerOnClock(stripe, undefined, 'pm_card_threeDSecure2Required');
  const { items } = await meterAndPrices(stripe, { eventName: 'asked', baseCents: 2900 });
  const { id, status } = await stripe.subscriptions.create({ customer: customer.id, items });
  expect(status).toBe('incomplete');
  const [invoice] = (await stripe.invoices.list({ subscription: id })).data;
  const { data } = await stripe.invoicePayments.list({ invoice: String(invoice?.id) });
  const intent = String(data[0]?.payment.payment_intent);
  const events = await stripe.events.list({ type: 'invoice.payment_action_required' });
  expect(events.data).toHaveLength(1);
  await answer({ payment_intent: intent, outcome: 'succeed' });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
  expect((await stripe.invoices.retrieve(String(invoice?.id))).status).toBe('paid');
});

test('the customer’s side may pay a first invoice itself', async () => {
  const customer = await stripe.customers.create();
  const { items } = await meterAndPrices(stripe, { eventName: 'own', baseCents: 2900 });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items,
    payment_behavior: 'default_incomplete',
    expand: ['latest_invoice.confirmation_secret'],
  });
  const invoice = subscription.latest_invoice as Stripe.Invoice;
  const [intent = ''] = String(invoice.confirmation_secret?.client_secret).split('_secret_');
  await stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  const canceled = await refusal(stripe.paymentIntents.cancel(intent));
  expect(canceled.statusCode).toBe(400);
});

test('what no payment intent may be is refused', async () => {
  const vendor = await readyVendor(stripe);
  const destination = { transfer_data: { destination: vendor.id } };
  const cases: [Partial<Stripe.PaymentIntentCreateParams>, object][] = [
    [{ amount: 49 }, { code: 'amount_too_small', param: 'amount' }],
    [{ application_fee_amount: 100 }, { param: 'application_fee_amount' }],
    [{ ...destination, application_fee_amount: 1001 }, { param: 'application_fee_amount' }],
    [{ transfer_data: { destination: vendor.id, amount: 1001 } }, { statusCode: 400 }],
    [{ transfer_data: { destination: 'acct_none' } }, { code: 'resource_missing' }],
    [{ payment_method: 'pm_card_none' }, { code: 'resource_missing' }],
  ];
  for (const [order, refused] of cases)
    expect(await refusal(pay(stripe, 1000, order))).toMatchObject(refused);
});

test('a charge that a dispute is ordered for is disputed, and lost when given up', async () => {
  const charge = chargeOf(await pay(stripe, 2000));
  await stand.control('POST', 'disputes', { charge, reason: 'product_not_received' });
  const [dispute] = (await stripe.disputes.list({ charge })).data;
  const lost = await stripe.disputes.close(String(dispute?.id));
  expect(lost).toMatchObject({ status: 'lost', reason: 'product_not_received' });
  const inquiry = await pay(stripe, 2000, { payment_method: 'pm_card_createDisputeInquiry' });
  const [question] = (await stripe.disputes.list({ charge: chargeOf(inquiry) })).data;
  expect(question).toMatchObject({ status: 'warning_needs_response', balance_transactions: [] });
});

test('who pays is kept with the card, and a card’s number is never taken', async () => {
  const card = { token: 'tok_visa' };
  const details = { name: 'Ada', address: { country: 'US' } };
  const made = await stripe.paymentMethods.create({ type: 'card', card, billing_details: details });
  const told = { billing_details: { email: 'ada@example.com' } };
  expect(await stripe.paymentMethods.update(made.id, told)).toMatchObject({
    billing_details: { name: 'Ada', email: 'ada@example.com', address: { country: 'US' } },
  });
  const raw = { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' };
  const refused = await refusal(stripe.paymentMethods.create({ type: 'card', card: raw }));
  expect(refused).toMatchObject({ statusCode: 400, param: 'card[number]' });
});
