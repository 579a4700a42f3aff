/** A stranger becomes a customer by Stripe's Checkout, and a customer leaves a card there. */
import { startCustomerApi } from '../../support/api/customer-api';
import type { CustomerApi } from '../../support/api/customer-api';
import { payAt } from '../../support/sandbox/checkout-form';

let api: CustomerApi;

const ADDRESSES = {
  successUrl: 'https://app.example.com/welcome?session={CHECKOUT_SESSION_ID}',
  cancelUrl: 'https://app.example.com/pricing',
};
const STARTER = { plan: 'starter', email: 'ada@example.com', ...ADDRESSES };
const CARD = '4242424242424242';

beforeAll(async () => {
  api = await startCustomerApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.started.length = 0;
  api.temporalIsDown = false;
});

const sessions = async (customer: string) => {
  const { customers } = await api.atStripe(customer);
  const { data } = await api.stripe.checkout.sessions.list({ customer: customers[0]?.id });
  return data.map(({ id, status }) => [id, status]);
};

test('a stranger is pending until they have paid, and then billing begins', async () => {
  const { status, url = '', id, expiresAt = '' } = await api.checkout('ada', STARTER);
  expect({ status, id }).toEqual({ status: 201, id: expect.stringMatching(/^cs_test_/) });
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 23 * 3600_000);
  const pending = { billingStatus: 'pending', plan: 'starter', subscriptionId: null };
  expect(await api.get('ada')).toMatchObject({ ...pending, email: 'ada@example.com' });
  await payAt(url, CARD);
  // Nobody has told us: whoever asks for a customer has Stripe asked.
  await api.checkout('ada', ADDRESSES);
  const { subscriptions } = await api.atStripe('ada');
  expect(await api.get('ada')).toMatchObject({ subscriptionId: subscriptions[0]?.id });
  expect(api.started).toEqual(['ada']);
  expect(subscriptions[0]).toMatchObject({
    status: 'active',
    metadata: {
      ...{ tollkeeper_customer: 'ada', tollkeeper_plan: 'starter' },
      ...{ tollkeeper_catalog: expect.any(String), tollkeeper_checkout: 'subscription' },
    },
  });
});

test('what is sold is what PUT sells: base price and metered prices, in one subscription', async () => {
  await api.put('by-put', { email: 'ada@example.com', plan: 'starter' });
  const { url = '' } = await api.checkout('by-checkout', STARTER);
  await payAt(url, CARD);
  const pricesOf = async (customer: string) => {
    const { subscriptions } = await api.atStripe(customer);
    return subscriptions[0]?.items.data.map(({ price }) => price.id).sort();
  };
  expect(await pricesOf('by-checkout')).toEqual(await pricesOf('by-put'));
});

test('a stranger without an address is asked for it by Checkout', async () => {
  const { url = '' } = await api.checkout('nameless', { plan: 'starter', ...ADDRESSES });
  expect(await api.get('nameless')).toMatchObject({ email: null });
  await payAt(url, CARD, { email: 'typed@example.com' });
  await api.checkout('nameless', ADDRESSES);
  expect(await api.get('nameless')).toMatchObject({ email: 'typed@example.com' });
});

test('the customer who reads their own page right after paying is no stranger there', async () => {
  const { url = '' } = await api.checkout('quick', STARTER);
  await payAt(url, CARD);
  const shown = await api.get('quick');
  expect(shown.subscriptionId).toMatch(/^sub_/);
  expect(api.started).toEqual(['quick']);
});

test('the newest session is open, older ones are taken back', async () => {
  const first = await api.checkout('undecided', STARTER);
  const second = await api.checkout('undecided', { ...STARTER, plan: 'pro', trialDays: 7 });
  expect(await sessions('undecided')).toEqual([
    [second.id, 'open'],
    [first.id, 'expired'],
  ]);
  expect(await api.get('undecided')).toMatchObject({ plan: 'pro' });
  expect(await payAt(first.url ?? '', CARD)).not.toContain('Thank you');
  await payAt(second.url ?? '', CARD);
  const { subscriptions } = await api.atStripe('undecided');
  expect(subscriptions.map(({ status }) => status)).toEqual(['trialing']);
});

test('the same request again is answered as before, under its key', async () => {
  const first = await api.checkout('twice', STARTER, 'key-1');
  expect(await api.checkout('twice', STARTER, 'key-1')).toEqual(first);
  expect(await sessions('twice')).toHaveLength(1);
});

test('a customer with a subscription is asked for a card, and for nothing else', async () => {
  await api.put('paying', { email: 'ada@example.com', plan: 'starter' });
  const { status, id = '' } = await api.checkout('paying', ADDRESSES);
  expect(status).toBe(201);
  expect(await api.stripe.checkout.sessions.retrieve(id)).toMatchObject({ mode: 'setup' });
  const other = await api.checkout('paying', { ...ADDRESSES, plan: 'pro' });
  expect(other).toMatchObject({ code: 'customer_conflict' });
  expect(other.detail).toContain('/v1/customers/paying/plan');
});

test('PUT changes the address of who was sent to Checkout, and subscribes nobody', async () => {
  await api.checkout('waiting', STARTER);
  const put = await api.put('waiting', { email: 'new@example.com' });
  expect(put).toMatchObject({ status: 200, email: 'new@example.com', subscriptionId: null });
  expect((await api.atStripe('waiting')).subscriptions).toEqual([]);
});

test.each([
  [{ successUrl: 'javascript:alert(1)' }, 'invalid_request'],
  [{ successUrl: '/welcome' }, 'invalid_request'],
  [{ plan: 'none' }, 'plan_not_found'],
  [{ trialDays: 0 }, 'invalid_request'],
])('%j is refused before anything is made', async (fault, code) => {
  expect(await api.checkout('refused', { ...STARTER, ...fault })).toMatchObject({ code });
  expect(await api.get('refused')).toMatchObject({ code: 'customer_not_found' });
});

test('a customer who was deleted at Stripe is told so', async () => {
  await api.checkout('gone', STARTER);
  const { customers } = await api.atStripe('gone');
  await api.stripe.customers.del(customers[0]?.id ?? '');
  expect(await api.checkout('gone', STARTER)).toMatchObject({ code: 'customer_deleted' });
});
