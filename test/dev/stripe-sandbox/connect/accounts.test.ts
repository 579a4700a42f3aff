/** Connected accounts: what they need, what their being ready means, and subscriptions for them. */
import type Stripe from 'stripe';
import {
  customerOnClock,
  meterAndPrices,
  refusal,
  startEndpoint,
  startStand,
  until,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { COMPLETE, held, newVendor, readyVendor } from '../../../support/sandbox/vendors';

let stand: Stand;
let stripe: Stripe;

beforeAll(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterAll(() => stand.close());

const COUNTRY_NOT_OURS = { country: 'DE', type: 'custom' } as const;

test('a new account is restricted, and says what it needs', async () => {
  const account = await newVendor(stripe);
  expect(account).toMatchObject({
    capabilities: { transfers: 'inactive' },
    payouts_enabled: false,
    details_submitted: false,
    requirements: { disabled_reason: 'requirements.past_due' },
  });
  expect(account.requirements?.currently_due).toEqual(
    expect.arrayContaining(['business_type', 'external_account', 'tos_acceptance.date']),
  );
});

test('given all it needs, an account is enabled', async () => {
  const { id } = await newVendor(stripe);
  const { external_account: bank, ...rest } = COMPLETE;
  const nearly = await stripe.accounts.update(id, rest);
  expect(nearly.requirements?.currently_due).toEqual(['external_account']);
  await stripe.accounts.createExternalAccount(id, { external_account: bank });
  expect(await stripe.accounts.retrieve(id)).toMatchObject({
    capabilities: { transfers: 'active' },
    payouts_enabled: true,
    requirements: { currently_due: [], disabled_reason: null },
    external_accounts: { data: [{ last4: '6789' }] },
  });
});

test('onboarding by link enables it, and its endpoint hears of both', async () => {
  const endpoint = await startEndpoint(stripe);
  const { secret } = await stripe.webhookEndpoints.create({
    url: endpoint.url,
    enabled_events: ['*'],
    connect: true,
  });
  endpoint.secret.value = secret ?? '';
  const account = await stripe.accounts.create({
    type: 'express',
    capabilities: { transfers: { requested: true } },
  });
  const link = await stripe.accountLinks.create({
    account: account.id,
    type: 'account_onboarding',
    return_url: 'https://x.example/back',
    refresh_url: 'https://x.example/again',
  });
  expect(link.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/_sandbox\/onboarding\?account=acct_/);
  await stand.control('POST', 'onboarding', { account: account.id });
  const heard = (type: string) => endpoint.events.find((event) => event.type === type);
  await until('both events', () =>
    Boolean(heard('account.updated') && heard('capability.updated')),
  );
  expect(heard('account.updated')).toMatchObject({
    account: account.id,
    data: { object: { id: account.id, payouts_enabled: true } },
  });
  await endpoint.close();
});

test('an operator decides what becomes of an account', async () => {
  const { id } = await readyVendor(stripe);
  await stand.control('POST', 'accounts', {
    account: id,
    transfers: 'inactive',
    currently_due: ['individual.verification.document'],
    disabled_reason: 'requirements.pending_verification',
  });
  expect(await stripe.accounts.retrieve(id)).toMatchObject({
    capabilities: { transfers: 'inactive' },
    payouts_enabled: false,
    requirements: {
      currently_due: ['individual.verification.document'],
      disabled_reason: 'requirements.pending_verification',
    },
  });
});

test('a deleted account is gone, and its platform deauthorized', async () => {
  const { id } = await newVendor(stripe);
  await stripe.accounts.del(id);
  expect(await refusal(stripe.accounts.retrieve(id))).toMatchObject({ statusCode: 404 });
  const { data } = await stripe.events.list({ type: 'account.application.deauthorized' });
  expect(data[0]?.account).toBe(id);
});

test('what the sandbox cannot judge of an account it refuses', async () => {
  const foreign = await refusal(stripe.accounts.create(COUNTRY_NOT_OURS));
  expect(foreign).toMatchObject({ statusCode: 400, param: 'country' });
  const { id } = await stripe.accounts.create({ type: 'express' });
  const terms = stripe.accounts.update(id, { tos_acceptance: COMPLETE.tos_acceptance });
  expect(await refusal(terms)).toMatchObject({ param: 'tos_acceptance' });
});

test('a subscription pays its vendor all but our percentage of each invoice', async () => {
  const vendor = await readyVendor(stripe);
  const { customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'shared', baseCents: 2999 });
  const order = { customer: customer.id, items };
  await stripe.subscriptions.create({
    ...order,
    application_fee_percent: 12.5,
    transfer_data: { destination: vendor.id },
  });
  // 12.5 % of $29.99 are 374.875 cents.
  expect(await held(stripe, vendor.id)).toEqual([0, 2999 - 375]);
  const { data } = await stripe.applicationFees.list({});
  expect(data[0]).toMatchObject({ amount: 375, account: vendor.id });
});

test('a share by percentage, and an invoice’s own fee, are sent as they say', async () => {
  const vendor = await readyVendor(stripe);
  const { customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'parts', baseCents: 2000 });
  await stripe.subscriptions.create({
    customer: customer.id,
    items,
    transfer_data: { destination: vendor.id, amount_percent: 80 },
  });
  expect(await held(stripe, vendor.id)).toEqual([0, 1600]);
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    auto_advance: false,
    transfer_data: { destination: vendor.id },
    application_fee_amount: 300,
  });
  const line = { customer: customer.id, invoice: invoice.id, amount: 1000, currency: 'usd' };
  await stripe.invoiceItems.create(line);
  await stripe.invoices.finalizeInvoice(invoice.id);
  await stripe.invoices.pay(invoice.id);
  expect(await held(stripe, vendor.id)).toEqual([0, 1600 + 700]);
});

test('a fee of more than 100 %, of three decimals, or without a vendor is refused', async () => {
  const { customer } = await customerOnClock(stripe);
  const { items } = await meterAndPrices(stripe, { eventName: 'odd', baseCents: 2000 });
  for (const percent of [100.5, 12.345, 10]) {
    const order = { customer: customer.id, items, application_fee_percent: percent };
    const error = await refusal(stripe.subscriptions.create(order));
    expect(error).toMatchObject({ statusCode: 400, param: 'application_fee_percent' });
  }
});
