/** A customer is made once, whatever breaks off on the way and however often it is asked for. */
import { startCustomerApi } from '../../support/api/customer-api';
import type { CustomerApi } from '../../support/api/customer-api';
import type { Loss } from '../../support/network/faulty-proxy';

let api: CustomerApi;
beforeAll(async () => {
  api = await startCustomerApi();
});
afterAll(() => api.close());
beforeEach(() => {
  api.started.length = 0;
  api.temporalIsDown = false;
});

describe.each<Loss>(['request', 'answer'])('when the %s to Stripe is lost', (loss) => {
  test.each([1, 2, 3, 4, 5])(
    'at step %d, the next request goes on and nothing is twice',
    async (step) => {
      const customer = `lost-${loss}-${step}`;
      const body = { email: 'lost@example.com', plan: 'starter' };
      api.proxy.loseWrite(step, loss);
      expect(await api.put(customer, body)).toMatchObject({ status: 400, code: 'stripe_error' });
      expect(await api.put(customer, body)).toMatchObject({ status: 200, plan: 'starter' });
      const { customers, subscriptions, cards } = await api.atStripe(customer);
      expect([customers.length, subscriptions.length, cards.length]).toEqual([1, 1, 1]);
      expect(api.started).toEqual([customer]);
    },
  );
});

test('a request with another e-mail goes on from a broken one all the same', async () => {
  api.proxy.loseWrite(1, 'answer');
  await api.put('moved', { email: 'old@example.com' });
  expect(await api.put('moved', { email: 'new@example.com', name: 'Moved' })).toMatchObject({
    status: 200,
    email: 'new@example.com',
  });
  const { customers } = await api.atStripe('moved');
  expect(customers).toHaveLength(1);
  expect(customers[0]).toMatchObject({ email: 'new@example.com', name: 'Moved' });
});

test('after 23 hours, when Stripe may have forgotten our keys, it looks before it makes', async () => {
  const body = { email: 'late@example.com', plan: 'starter' };
  await api.put('late', body);
  // As if the process had died before it stored the ids, a day ago; and Stripe knows no key.
  await api.pool.query(
    `update customers set stripe_customer_id = null, subscription_id = null,
            created_at = created_at - interval '24 hours' where customer = 'late'`,
  );
  const writes = api.proxy.writes.length;
  expect(await api.put('late', body)).toMatchObject({ status: 200 });
  const { customers, subscriptions, cards } = await api.atStripe('late');
  expect([customers.length, subscriptions.length, cards.length]).toEqual([1, 1, 1]);
  const made = api.proxy.writes.slice(writes);
  expect(made).not.toContain('POST /v1/customers');
  expect(made).not.toContain('POST /v1/subscriptions');
});

test('ten requests at once make one customer', async () => {
  const body = { email: 'many@example.com', plan: 'pro' };
  const answers = await Promise.all(Array.from({ length: 10 }, () => api.put('many', body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
  expect(new Set(answers.map(({ subscriptionId }) => subscriptionId)).size).toBe(1);
  const { customers, subscriptions, cards } = await api.atStripe('many');
  expect([customers.length, subscriptions.length, cards.length]).toEqual([1, 1, 1]);
});

test('while Temporal is down the customer is made, and its workflow later', async () => {
  api.temporalIsDown = true;
  const body = { email: 'tina@example.com' };
  expect(await api.put('tina', body)).toMatchObject({ status: 201, billingStatus: 'pending' });
  api.temporalIsDown = false;
  await api.put('tina', body);
  expect(api.started).toEqual(['tina']);
});
