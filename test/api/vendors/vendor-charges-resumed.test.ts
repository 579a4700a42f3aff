/** Whatever breaks off on the way, a sale charges once, and asking again tells what came of it. */
import type { Loss } from '../../support/network/faulty-proxy';
import { startVendorApi } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';

let api: VendorApi;
beforeAll(async () => {
  api = await startVendorApi();
  await api.readyVendor('acme');
});
afterAll(() => api.close());

const sell = (customer: string) =>
  api.ask('POST', 'vendors/acme/charges', { id: `of-${customer}`, customer, amountCents: 5000 });
/** What the customer was charged for sales, in cents. */
async function charged(customer: string): Promise<number[]> {
  const { data } = await api.stripe.charges.list({ customer, limit: 100 });
  return data
    .filter(({ metadata, paid }) => metadata.tollkeeper_sale !== undefined && paid)
    .map(({ amount }) => amount);
}

const LOSSES: readonly Loss[] = ['request', 'answer'];
const cases = (writes: readonly string[]) =>
  LOSSES.flatMap((loss) => writes.map((write, index) => ({ loss, write, step: index + 1 })));

test.each(cases(['making the payment', 'confirming it']))(
  'when the $loss of $write is lost, the next request charges once',
  async ({ loss, step }) => {
    const customer = `paid-${loss}-${step}`;
    const atStripe = await api.addCustomer(customer);
    api.proxy.loseWrite(step, loss);
    expect(await sell(customer)).toMatchObject({ code: 'stripe_error' });
    const sold = await sell(customer);
    expect(sold).toMatchObject({ status: 'succeeded', feeCents: 750 });
    expect(await charged(atStripe)).toEqual([5000]);
  },
);

test.each(cases(['making the payment', 'confirming it', 'canceling it']))(
  'a declined card when the $loss of $write is lost is declined, and charges nothing',
  async ({ loss, step }) => {
    const customer = `declined-${loss}-${step}`;
    const atStripe = await api.addCustomer(customer, 'pm_card_chargeCustomerFail');
    api.proxy.loseWrite(step, loss);
    expect(await sell(customer)).toMatchObject({ code: 'stripe_error' });
    expect(await sell(customer)).toMatchObject({ status: 402, code: 'card_declined' });
    expect(await charged(atStripe)).toEqual([]);
    const { data } = await api.stripe.paymentIntents.list({ customer: atStripe });
    const sales = data.filter(({ metadata }) => metadata.tollkeeper_sale !== undefined);
    expect(sales).toMatchObject([{ status: 'canceled' }]);
  },
);

test('a process that died before it stored the outcome is gone on from', async () => {
  const atStripe = await api.addCustomer('crashed');
  const sold = await sell('crashed');
  await forgetOutcome('crashed');
  expect(await sell('crashed')).toEqual(sold);
  expect(await charged(atStripe)).toEqual([5000]);
});

test('another card meanwhile is not charged besides', async () => {
  const atStripe = await api.addCustomer('changed');
  const sold = await sell('changed');
  await forgetOutcome('changed');
  const other = await api.stripe.paymentMethods.attach('pm_card_mastercard', {
    customer: atStripe,
  });
  await api.stripe.customers.update(atStripe, {
    invoice_settings: { default_payment_method: other.id },
  });
  expect(await sell('changed')).toEqual(sold);
  expect(await charged(atStripe)).toEqual([5000]);
});

test('after 23 hours, when Stripe may have forgotten our keys, it looks before it charges', async () => {
  const atStripe = await api.addCustomer('late');
  const sold = await sell('late');
  await forgetOutcome('late', '24 hours');
  const writes = api.proxy.writes.length;
  expect(await sell('late')).toEqual(sold);
  expect(api.proxy.writes.slice(writes)).toEqual([]);
  expect(await charged(atStripe)).toEqual([5000]);
});

test('a failure that Stripe remembers under our key does not stand in the way', async () => {
  const atStripe = await api.addCustomer('stored');
  const confirm = '^/v1/payment_intents/[^/]+/confirm$';
  await api.order('faults', { method: 'POST', path: confirm, status: 500, times: 1 });
  expect(await sell('stored')).toMatchObject({ code: 'stripe_error', retryable: true });
  expect(await sell('stored')).toMatchObject({ status: 'succeeded' });
  expect(await charged(atStripe)).toEqual([5000]);
});

async function forgetOutcome(customer: string, age = '0 hours'): Promise<void> {
  await api.pool.query(
    `update vendor_charges set status = 'pending', payment_intent_id = null, charge_id = null,
            created_at = created_at - $2::interval where customer = $1`,
    [customer, age],
  );
}
