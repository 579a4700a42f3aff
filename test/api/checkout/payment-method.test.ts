/** PUT with a card of the app's own form, or without any: it is never a 502 for want of a card. */
import { startCustomerApi } from '../../support/api/customer-api';
import type { CustomerApi } from '../../support/api/customer-api';

let api: CustomerApi;
beforeAll(async () => {
  api = await startCustomerApi();
});
afterAll(() => api.close());

const STARTER = { email: 'ada@example.com', plan: 'starter' };

const subscriptionOf = async (customer: string) =>
  (await api.atStripe(customer)).subscriptions[0] as NonNullable<
    Awaited<ReturnType<CustomerApi['atStripe']>>['subscriptions'][0]
  >;

test('who pays later has a subscription that waits, and a secret to pay it by', async () => {
  const put = await api.put('later', { ...STARTER, paymentMethod: 'later' });
  expect(put).toMatchObject({ status: 201, clientSecret: expect.stringMatching(/^pi_.*_secret_/) });
  expect((await subscriptionOf('later')).status).toBe('incomplete');
  expect((await api.atStripe('later')).cards).toEqual([]);
  // Whoever reads customers can't pay for them.
  expect(await api.get('later')).not.toHaveProperty('clientSecret');
  const again = await api.put('later', { ...STARTER, paymentMethod: 'later' });
  expect(again.clientSecret).toBe(put.clientSecret);
  const [intent = ''] = String(put.clientSecret).split('_secret_');
  await api.stripe.paymentIntents.confirm(intent, { payment_method: 'pm_card_visa' });
  const paid = await subscriptionOf('later');
  expect(paid.status).toBe('active');
  expect(paid.default_payment_method).toMatch(/^pm_/);
});

test('a card is charged at once, and is the default', async () => {
  const put = await api.put('carded', { ...STARTER, paymentMethod: 'pm_card_mastercard' });
  expect(put.status).toBe(201);
  expect((await subscriptionOf('carded')).status).toBe('active');
  const { cards, customers } = await api.atStripe('carded');
  expect(cards.map(({ card }) => card?.last4)).toEqual(['4444']);
  expect(customers[0]?.invoice_settings.default_payment_method).toBe(cards[0]?.id);
});

test('a card that is declined is told, and another one goes on from there', async () => {
  const card = { ...STARTER, paymentMethod: 'pm_card_chargeDeclined' };
  expect(await api.put('declined', card)).toMatchObject({ code: 'card_declined' });
  const put = await api.put('declined', { ...STARTER, paymentMethod: 'pm_card_visa' });
  expect(put).toMatchObject({ subscriptionId: expect.stringMatching(/^sub_/) });
  expect((await subscriptionOf('declined')).status).toBe('active');
});

test('a card that Stripe does not know is refused as a request, and another one is taken', async () => {
  const card = { ...STARTER, paymentMethod: 'pm_nV' };
  expect(await api.put('unknown', card)).toMatchObject({ code: 'invalid_request' });
  await api.put('unknown', { ...STARTER, paymentMethod: 'pm_card_visa' });
  expect((await subscriptionOf('unknown')).status).toBe('active');
});

test('a first payment that the bank declines is incomplete, and the next card pays it', async () => {
  const card = { ...STARTER, paymentMethod: 'pm_card_chargeCustomerFail' };
  expect(await api.put('poor', card)).toMatchObject({ status: 201 });
  const { id, status } = await subscriptionOf('poor');
  expect(status).toBe('incomplete');
  await api.put('poor', { ...STARTER, paymentMethod: 'pm_card_visa' });
  expect(await subscriptionOf('poor')).toMatchObject({ id, status: 'active' });
});

test('a bank that asks is answered in the browser, by the secret', async () => {
  const put = await api.put('asked', {
    ...{ ...STARTER, paymentMethod: 'pm_card_threeDSecure2Required' },
  });
  expect(put).toMatchObject({ status: 201, clientSecret: expect.stringContaining('_secret_') });
});

test('who was sent to Checkout and pays by a form after all is subscribed once', async () => {
  const addresses = { successUrl: 'https://a.example/ok', cancelUrl: 'https://a.example/no' };
  await api.checkout('changed', { plan: 'starter', ...addresses });
  const put = await api.put('changed', { ...STARTER, paymentMethod: 'pm_card_visa' });
  expect(put).toMatchObject({ subscriptionId: expect.stringMatching(/^sub_/) });
  const { subscriptions } = await api.atStripe('changed');
  expect(subscriptions.map(({ status }) => status)).toEqual(['active']);
});

test('with a live key and no card the first payment waits, and nothing is refused', async () => {
  const live = await startCustomerApi({ isTestMode: false });
  const put = await live.put('live', STARTER);
  const { subscriptions } = await live.atStripe('live');
  await live.close();
  expect(put).toMatchObject({ status: 201, clientSecret: expect.stringContaining('_secret_') });
  expect(subscriptions.map(({ status }) => status)).toEqual(['incomplete']);
});
