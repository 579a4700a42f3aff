/** A one-off sale: the customer is charged once, the vendor gets all but the platform's fee. */
import { readAuditEntries } from '../../../src/db/audit-entries';
import { setDefaultCard, startVendorApi, withVendors } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';

let api: VendorApi;
let account: string;
beforeAll(async () => {
  api = await startVendorApi(withVendors('restricted', 'caught', 'absent'));
  account = await api.readyVendor('acme');
  await api.addCustomer('ann');
});
afterAll(() => api.close());

const sell = (body: object, vendor = 'acme') => api.ask('POST', `vendors/${vendor}/charges`, body);
const intentsOf = async (customer: string) =>
  (await api.stripe.paymentIntents.list({ customer, limit: 100 })).data.filter(
    ({ metadata }) => metadata.tollkeeper_sale !== undefined,
  );

test('of $50.00 at 15 % the platform keeps $7.50 and the vendor gets $42.50', async () => {
  const body = { id: 'order-1', customer: 'ann', amountCents: 5000, description: 'A fine model' };
  const sold = await sell(body);
  expect(sold).toEqual({
    status: 'succeeded',
    vendor: 'acme',
    id: 'order-1',
    customer: 'ann',
    amountCents: 5000,
    feeCents: 750,
    shareCents: 4250,
    currency: 'usd',
    chargeId: expect.stringMatching(/^ch_/) as string,
    paymentIntentId: expect.stringMatching(/^pi_/) as string,
    failure: null,
  });
  const charge = await api.stripe.charges.retrieve(String(sold.chargeId));
  expect(charge).toMatchObject({
    amount: 5000,
    captured: true,
    application_fee_amount: 750,
    description: 'A fine model',
    transfer_group: 'sale:acme:order-1',
    transfer_data: { destination: account },
    metadata: { tollkeeper_vendor: 'acme', tollkeeper_customer: 'ann', tollkeeper_sale: 'order-1' },
  });
  const entries = await readAuditEntries(api.pool, 'ann');
  expect(entries.at(-1)).toMatchObject({
    kind: 'vendor_charge',
    detail: { vendor: 'acme', id: 'order-1', amountCents: 5000, feeCents: 750 },
  });
});

test('a sale is new once, and then known', async () => {
  const body = { id: 'order-0', customer: 'ann', amountCents: 50 };
  const ask = async () => (await api.request('POST', 'vendors/acme/charges', body)).status;
  expect([await ask(), await ask()]).toEqual([201, 200]);
});

test.each([
  [50, 8],
  [103, 15],
  [110, 17],
])('the fee of %d cents is rounded half up: %d', async (amountCents, feeCents) => {
  const sold = await sell({ id: `round-${amountCents}`, customer: 'ann', amountCents });
  expect(sold).toMatchObject({ feeCents, shareCents: amountCents - feeCents });
});

test('the same sale asked for again is the same sale, also after the fee has changed', async () => {
  const body = { id: 'order-2', customer: 'ann', amountCents: 1000 };
  const sold = await sell(body);
  await api.pool.query(`update vendor_charges set fee_cents = 100 where id = 'order-2'`);
  expect(await sell(body)).toEqual({ ...sold, feeCents: 100, shareCents: 900 });
});

test('ten requests at once charge once', async () => {
  const customer = await api.addCustomer('many');
  const body = { id: 'order-3', customer: 'many', amountCents: 700 };
  const answers = await Promise.all(Array.from({ length: 10 }, () => sell(body)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['succeeded']));
  expect(new Set(answers.map(({ chargeId }) => chargeId)).size).toBe(1);
  expect(await intentsOf(customer)).toHaveLength(1);
});

describe('a declined card', () => {
  test('is told with its reason, each time, and nothing can be charged for it later', async () => {
    const customer = await api.addCustomer('dan', 'pm_card_chargeCustomerFail');
    const body = { id: 'order-4', customer: 'dan', amountCents: 5000 };
    const declined = { status: 402, code: 'card_declined', declineCode: 'generic_decline' };
    const answer = await sell(body);
    expect(answer).toMatchObject(declined);
    expect(answer.detail).toMatch(/Nothing was charged.*needs another id/);
    await setDefaultCard(api.stripe, customer, 'pm_card_visa');
    expect(await sell(body)).toMatchObject(declined);
    expect(await intentsOf(customer)).toMatchObject([{ status: 'canceled', amount_received: 0 }]);
    expect(await sell({ ...body, id: 'order-4b' })).toMatchObject({ status: 'succeeded' });
  });
});

describe('a bank that wants the customer', () => {
  test('is waited for: nothing is charged until the customer has confirmed', async () => {
    await api.addCustomer('tess', 'pm_card_authenticationRequired');
    const body = { id: 'order-5', customer: 'tess', amountCents: 5000 };
    const asked = await sell(body);
    expect(asked).toMatchObject({
      status: 'requires_action',
      chargeId: null,
      failure: 'authentication_required',
    });
    expect(await sell(body)).toEqual(asked);

    // The customer, in the app.
    const intent = String(asked.paymentIntentId);
    await api.stripe.paymentIntents.confirm(intent, {
      payment_method: 'pm_card_visa',
      return_url: 'https://app.example',
    });
    expect(await sell(body)).toMatchObject({
      status: 'succeeded',
      chargeId: expect.stringMatching(/^ch_/) as string,
      failure: null,
    });
  });

  test('who tries a card that is declined may try another', async () => {
    await api.addCustomer('tom', 'pm_card_authenticationRequired');
    const body = { id: 'order-6', customer: 'tom', amountCents: 5000 };
    const { paymentIntentId } = await sell(body);
    const confirm = (card: string) =>
      api.stripe.paymentIntents.confirm(String(paymentIntentId), {
        payment_method: card,
        return_url: 'https://app.example',
      });
    await expect(confirm('pm_card_chargeCustomerFail')).rejects.toThrow();
    expect(await sell(body)).toMatchObject({ status: 'requires_action', paymentIntentId });
    await confirm('pm_card_visa');
    expect(await sell(body)).toMatchObject({ status: 'succeeded' });
  });
});

describe('is refused, and nobody is charged:', () => {
  const body = { id: 'refused', customer: 'ann', amountCents: 5000 };
  let before: number;
  const ann = async () => String((await api.ask('GET', 'customers/ann')).stripeCustomerId);
  beforeEach(async () => {
    before = (await intentsOf(await ann())).length;
  });
  afterEach(async () => {
    expect(await intentsOf(await ann())).toHaveLength(before);
  });

  test('the same id for something else', async () => {
    await sell({ ...body, id: 'order-7' });
    before += 1;
    const answer = await sell({ ...body, id: 'order-7', amountCents: 5001 });
    expect(answer).toMatchObject({ status: 409, code: 'vendor_charge_conflict' });
    expect(answer.detail).toMatch(/amountCents 5000, now 5001/);
  });

  test('a vendor that may not receive money yet, saying what is due', async () => {
    await api.put('restricted', { email: 'r@example.com' });
    const answer = await sell(body, 'restricted');
    expect(answer).toMatchObject({ status: 409, code: 'vendor_not_payable' });
    expect(answer.requirementsDue).toContain('external_account');
    expect(answer.detail).toMatch(/due: .*external_account.*PUT \/v1\/vendors\/restricted/);
  });

  test('a vendor that Stripe has restricted a moment ago', async () => {
    const caught = await api.readyVendor('caught');
    await api.order('accounts', { account: caught, transfers: 'inactive' });
    expect(await sell({ ...body, id: 'caught' }, 'caught')).toMatchObject({
      status: 409,
      code: 'vendor_not_payable',
    });
    await api.order('accounts', { account: caught, transfers: 'active' });
    expect(await sell({ ...body, id: 'caught' }, 'caught')).toMatchObject({ status: 'succeeded' });
    before += 1;
  });

  test('a customer without a card, until there is one', async () => {
    const stripeCustomerId = await api.addCustomer('bare');
    const { data } = await api.stripe.paymentMethods.list({ customer: stripeCustomerId });
    await api.stripe.paymentMethods.detach(String(data[0]?.id));
    const order = { ...body, customer: 'bare', id: 'bare' };
    expect(await sell(order)).toMatchObject({ status: 409, code: 'customer_not_payable' });
    await setDefaultCard(api.stripe, stripeCustomerId, 'pm_card_visa');
    expect(await sell(order)).toMatchObject({ status: 'succeeded' });
  });

  test.each<[string, object, string, number, string]>([
    ['an unknown vendor', body, 'absent', 404, 'vendor_not_found'],
    ['an unknown customer', { ...body, customer: 'nobody' }, 'acme', 404, 'customer_not_found'],
    ['less than Stripe charges', { ...body, amountCents: 49 }, 'acme', 422, 'invalid_request'],
    ['half a cent', { ...body, amountCents: 50.5 }, 'acme', 422, 'invalid_request'],
    ['an id with a space', { ...body, id: 'a b' }, 'acme', 422, 'invalid_request'],
  ])('%s', async (_case, order, vendor, status, code) => {
    expect(await sell(order, vendor)).toMatchObject({ status, code });
  });
});
