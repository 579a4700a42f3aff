/** Goal: what a new customer costs is known, so that it does not grow unseen. */
import { startCustomerApi } from '../../../support/api/customer-api';
import type { CustomerApi } from '../../../support/api/customer-api';
import { readListedEvent } from '../../../../src/stripe/received-event';

let api: CustomerApi;
beforeAll(async () => {
  api = await startCustomerApi();
  await api.put('first', BODY);
});
afterAll(() => api.close());

const BODY = { email: 'new@example.com', plan: 'starter' };

async function callsOf(customer: string, body: object): Promise<readonly string[]> {
  const calls: string[] = [];
  const note = ({ method, path }: { method: string; path: string }): void => {
    calls.push(`${method} ${path.replace(/(cus|pm|sub)_\w+/, ':id').split('?')[0]}`);
  };
  api.stripe.on('request', note);
  await api.put(customer, body);
  api.stripe.off('request', note);
  return calls;
}

/** What the workflow is told of the customer's own changes. */
async function toldOfCustomer(customer: string): Promise<readonly string[]> {
  const { stripeCustomerId } = await api.get(customer);
  const { data } = await api.stripe.events.list({ type: 'customer.updated', limit: 100 });
  return data
    .filter((event) => (event.data.object as { id?: string }).id === stripeCustomerId)
    .flatMap((event) => (readListedEvent(event).ignoredBecause === undefined ? [event.id] : []));
}

test('a new customer costs seven calls of Stripe, two of which ask for prices and meters', async () => {
  expect(await callsOf('ann', BODY)).toEqual([
    'POST /v1/customers',
    'POST /v1/customers/:id',
    'POST /v1/payment_methods/:id/attach',
    'POST /v1/customers/:id',
    'GET /v1/prices',
    'GET /v1/billing/meters',
    'POST /v1/subscriptions',
  ]);
});

test('with a card of the app’s form it costs one more, which asks for the payment’s secret', async () => {
  const calls = await callsOf('bea', { ...BODY, paymentMethod: 'pm_card_mastercard' });
  expect(calls).toHaveLength(8);
  expect(calls.at(-1)).toBe('GET /v1/subscriptions/:id');
});

test.each([
  ['the test card', 'cleo', {}],
  ['a card of the app’s form', 'dora', { paymentMethod: 'pm_card_mastercard' }],
])('%s that a customer is made with is no news for the workflow', async (_, customer, body) => {
  await api.put(customer, { ...BODY, ...body });
  expect(await toldOfCustomer(customer)).toEqual([]);
});

test('another card is news, also by a request of ours', async () => {
  await api.put('eve', BODY);
  await api.put('eve', { ...BODY, paymentMethod: 'pm_card_mastercard' });
  expect(await toldOfCustomer('eve')).toHaveLength(1);
});
