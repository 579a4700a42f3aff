/** Money: what each account has after payments, refunds, transfers, disputes and payouts. */
import type Stripe from 'stripe';
import { refusal, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { chargeOf, held, newVendor, pay, readyVendor } from '../../../support/sandbox/vendors';

const DAY_MS = 86_400_000;

let stand: Stand;
let stripe: Stripe;
let nowMs: number;

beforeEach(async () => {
  nowMs = Date.UTC(2026, 0, 15, 12);
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

test('a card payment brings its amount less 2.9% and 30 cents, two days later', async () => {
  const intent = await pay(stripe, 10_000);
  const charge = await stripe.charges.retrieve(chargeOf(intent), {
    expand: ['balance_transaction'],
  });
  expect(charge.balance_transaction).toMatchObject({
    type: 'charge',
    amount: 10_000,
    fee: 320,
    net: 9680,
    status: 'pending',
    source: charge.id,
  });
  expect(await held(stripe)).toEqual([0, 9680]);
  nowMs += 2 * DAY_MS;
  expect(await held(stripe)).toEqual([9680, 0]);
});

test('pm_card_bypassPending is available at once', async () => {
  await pay(stripe, 10_000, { payment_method: 'pm_card_bypassPending' });
  expect(await held(stripe)).toEqual([9680, 0]);
});

test('a refund gives back the amount; Stripe keeps its fee', async () => {
  const intent = await pay(stripe, 10_000);
  const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 4000 });
  expect(refund).toMatchObject({ status: 'succeeded', amount: 4000, charge: chargeOf(intent) });
  expect(await held(stripe)).toEqual([0, 5680]);
  await stripe.refunds.create({ charge: chargeOf(intent) });
  expect(await held(stripe)).toEqual([0, -320]);
  expect(await stripe.charges.retrieve(chargeOf(intent))).toMatchObject({
    amount_refunded: 10_000,
    refunded: true,
  });
  const again = await refusal(stripe.refunds.create({ charge: chargeOf(intent) }));
  expect(again).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });
});

test('a destination charge pays the vendor all but the fee, and Stripe’s fee from us', async () => {
  const vendor = await readyVendor(stripe);
  const intent = await pay(stripe, 10_000, {
    application_fee_amount: 1500,
    transfer_data: { destination: vendor.id },
  });
  expect(await held(stripe)).toEqual([0, 1500 - 320]);
  expect(await held(stripe, vendor.id)).toEqual([0, 8500]);
  const charge = await stripe.charges.retrieve(chargeOf(intent), {
    expand: ['transfer', 'application_fee'],
  });
  expect(charge).toMatchObject({
    application_fee_amount: 1500,
    transfer_group: `group_${intent.id}`,
    transfer: { amount: 10_000, destination: vendor.id, source_transaction: charge.id },
    application_fee: { amount: 1500, account: vendor.id, originating_transaction: charge.id },
  });
});

test('refunding a destination charge takes from the vendor only when asked, and in proportion', async () => {
  const vendor = await readyVendor(stripe);
  const destination = { application_fee_amount: 1500, transfer_data: { destination: vendor.id } };
  const kept = await pay(stripe, 10_000, destination);
  await stripe.refunds.create({ payment_intent: kept.id });
  expect(await held(stripe, vendor.id)).toEqual([0, 8500]);
  const half = await pay(stripe, 10_000, destination);
  await stripe.refunds.create({
    payment_intent: half.id,
    amount: 5000,
    reverse_transfer: true,
    refund_application_fee: true,
  });
  expect(await held(stripe, vendor.id)).toEqual([0, 8500 + 4250]);
  // Ours: two fees of 1500, less 2 × 320, less 10,000 refunded, less (5000 − 5000 + 750).
  expect(await held(stripe)).toEqual([0, 2 * (1500 - 320) - 10_000 - 750]);
});

test('transfers from one charge wait for its money, and together are never more than it', async () => {
  const vendor = await readyVendor(stripe);
  const charge = chargeOf(await pay(stripe, 10_000));
  const share = { currency: 'usd', destination: vendor.id, source_transaction: charge };
  await stripe.transfers.create({ ...share, amount: 7000 });
  expect(await held(stripe, vendor.id)).toEqual([0, 7000]);
  const more = await refusal(stripe.transfers.create({ ...share, amount: 3001 }));
  expect(more).toMatchObject({ statusCode: 400, param: 'amount' });
  const euros = await refusal(stripe.transfers.create({ ...share, amount: 1, currency: 'eur' }));
  expect(euros).toMatchObject({ statusCode: 400, param: 'currency' });
});

test('without a charge, a transfer needs what is available', async () => {
  const vendor = await readyVendor(stripe);
  await pay(stripe, 10_000);
  const order = { amount: 5000, currency: 'usd', destination: vendor.id };
  const refused = await refusal(stripe.transfers.create(order));
  expect(refused).toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
  nowMs += 2 * DAY_MS;
  await stripe.transfers.create(order);
  expect(await held(stripe, vendor.id)).toEqual([5000, 0]);
});

test('an account whose transfers are not active is sent nothing', async () => {
  const vendor = await newVendor(stripe);
  await stripe.topups.create({ amount: 5000, currency: 'usd' } as Stripe.TopupCreateParams);
  const order = { amount: 5000, currency: 'usd', destination: vendor.id };
  const refused = await refusal(stripe.transfers.create(order));
  expect(refused).toMatchObject({ code: 'insufficient_capabilities_for_transfer' });
});

test('a reversal needs the vendor to have it, unless a destination charge brought it', async () => {
  const vendor = await readyVendor(stripe);
  const asVendor = { stripeAccount: vendor.id };
  await pay(stripe, 20_000, { payment_method: 'pm_card_bypassPending' });
  const order = { amount: 5000, currency: 'usd', destination: vendor.id };
  const transfer = await stripe.transfers.create(order);
  await stripe.payouts.create({ amount: 3000, currency: 'usd' }, asVendor);
  const refused = await refusal(stripe.transfers.createReversal(transfer.id));
  expect(refused).toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
  await stripe.transfers.createReversal(transfer.id, { amount: 2000 });
  expect(await held(stripe, vendor.id)).toEqual([0, 0]);
  const intent = await pay(stripe, 1000, {
    payment_method: 'pm_card_bypassPending',
    transfer_data: { destination: vendor.id },
  });
  await stripe.payouts.create({ amount: 1000, currency: 'usd' }, asVendor);
  await stripe.refunds.create({ payment_intent: intent.id, reverse_transfer: true });
  expect(await held(stripe, vendor.id)).toEqual([-1000, 0]);
  const payout = stripe.payouts.create({ amount: 1, currency: 'usd' }, asVendor);
  expect(await refusal(payout)).toMatchObject({ code: 'balance_insufficient' });
});

test('a dispute takes the amount and $15 from the platform; won, the amount comes back', async () => {
  const intent = await pay(stripe, 10_000, { payment_method: 'pm_card_createDispute' });
  const { data } = await stripe.disputes.list({ payment_intent: intent.id });
  expect(data).toMatchObject([{ amount: 10_000, status: 'needs_response', reason: 'fraudulent' }]);
  expect(await held(stripe)).toEqual([-11_500, 9680]);
  const refund = stripe.refunds.create({ payment_intent: intent.id });
  expect(await refusal(refund)).toMatchObject({ code: 'charge_disputed' });
  const won = await stripe.disputes.update(String(data[0]?.id), {
    evidence: { uncategorized_text: 'winning_evidence' },
  });
  expect(won).toMatchObject({ status: 'won', balance_transactions: { length: 2 } });
  expect(await held(stripe)).toEqual([-1500, 9680]);
});

test('a payout leaves at once, arrives a day later, and comes back when the bank refuses', async () => {
  await pay(stripe, 10_000, { payment_method: 'pm_card_bypassPending' });
  const paid = await stripe.payouts.create({ amount: 5000, currency: 'usd' });
  expect(paid).toMatchObject({ status: 'pending', type: 'bank_account' });
  expect(await held(stripe)).toEqual([4680, 0]);
  const more = refusal(stripe.payouts.create({ amount: 4681, currency: 'usd' }));
  expect(await more).toMatchObject({ statusCode: 400, code: 'balance_insufficient' });
  const failed = await stripe.payouts.create({ amount: 100, currency: 'usd' });
  const order = { payout: failed.id, outcome: 'failed', failure_code: 'account_closed' };
  await stand.control('POST', 'payouts', order);
  expect(await stripe.payouts.retrieve(failed.id)).toMatchObject({
    status: 'failed',
    failure_code: 'account_closed',
  });
  nowMs += DAY_MS;
  await stand.control('POST', 'tick');
  expect((await stripe.payouts.retrieve(paid.id)).status).toBe('paid');
  expect(await held(stripe)).toEqual([4680, 0]);
});

test('payouts of an account wait until nothing is due of it', async () => {
  const vendor = await readyVendor(stripe);
  await stripe.topups.create({ amount: 5000, currency: 'usd' } as Stripe.TopupCreateParams);
  await stripe.transfers.create({ amount: 5000, currency: 'usd', destination: vendor.id });
  await stand.control('POST', 'accounts', {
    account: vendor.id,
    payouts_enabled: false,
    currently_due: ['individual.verification.document'],
  });
  const asVendor = { stripeAccount: vendor.id };
  const refused = stripe.payouts.create({ amount: 5000, currency: 'usd' }, asVendor);
  expect(await refusal(refused)).toMatchObject({ code: 'payouts_not_allowed' });
});

test('an account sees its own movements, and no one else’s', async () => {
  const vendor = await readyVendor(stripe);
  const intent = await pay(stripe, 1000, { transfer_data: { destination: vendor.id } });
  const asVendor = { stripeAccount: vendor.id };
  const theirs = await stripe.balanceTransactions.list({}, asVendor);
  expect(theirs.data).toMatchObject([{ type: 'payment', amount: 1000, net: 1000 }]);
  const [payment] = (await stripe.charges.list({}, asVendor)).data;
  expect(payment?.id).toMatch(/^py_/);
  expect(await refusal(stripe.charges.retrieve(String(payment?.id)))).toMatchObject({
    statusCode: 404,
  });
  expect(await refusal(stripe.charges.retrieve(chargeOf(intent), {}, asVendor))).toMatchObject({
    statusCode: 404,
  });
  const elsewhere = stripe.customers.create({}, asVendor);
  expect(await refusal(elsewhere)).toMatchObject({ statusCode: 400, message: /sandbox does not/ });
  const stranger = stripe.balance.retrieve({}, { stripeAccount: 'acct_stranger' });
  expect(await refusal(stranger)).toMatchObject({ statusCode: 403, code: 'account_invalid' });
});
