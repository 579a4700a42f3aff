/** How components ask the API: by a token that ends, and is replaced by another one. */
import { createClient } from '../../../src/react/data/client';
import type { ChangePrice } from '../../../src/react/data/standing';
import { startOwnApi } from '../../support/sdk/own-api';
import type { OwnApi } from '../../support/sdk/own-api';

let api: OwnApi;
beforeEach(async () => {
  api = await startOwnApi();
});
afterEach(() => api.close());

/** Hands out t1, t2 and so on, and counts. */
function tokens() {
  let given = 0;
  return {
    getToken: async () => `t${(given += 1)}`,
    given: () => given,
  };
}

test('a token that has ended is replaced once, and the request repeated', async () => {
  api.good.add('t2');
  const { getToken, given } = tokens();
  const client = createClient({ baseUrl: `${api.url}/`, getToken });
  await client.usage('previous');
  await client.plan();
  expect(api.asked).toEqual([
    ...['GET usage?period=previous t1', 'GET usage?period=previous t2', 'GET plan t2'],
  ]);
  expect(given()).toBe(2);
});

test('requests that are under way at once ask for one token, also where it has ended', async () => {
  api.good.add('t2');
  const { getToken, given } = tokens();
  const client = createClient({ baseUrl: api.url, getToken });
  await Promise.all([client.usage(undefined), client.plan(), client.invoices(null)]);
  expect(given()).toBe(2);
  expect(api.asked.filter((line) => line.endsWith(' t2'))).toHaveLength(3);
});

test('where the other token is refused as well, that is told, and nothing is asked for ever', async () => {
  const { getToken, given } = tokens();
  const client = createClient({ baseUrl: api.url, getToken });
  await expect(client.plan()).rejects.toMatchObject({ code: 'unauthorized' });
  expect(api.asked).toHaveLength(2);
  expect(given()).toBe(2);
});

test('where the app gives no token, that is told, and it is asked again the next time', async () => {
  api.good.add('late');
  const answers: (() => string)[] = [
    () => {
      throw new Error('nobody is signed in');
    },
    () => 'late',
  ];
  const client = createClient({ baseUrl: api.url, getToken: () => answers.shift()!() });
  await expect(client.plan()).rejects.toMatchObject({ code: 'no_token' });
  await client.plan();
  expect(api.asked).toEqual(['GET plan late']);
});

test('an order is sent as it was shown, under its key, and the key survives another token', async () => {
  api.good.add('t2');
  const client = createClient({ baseUrl: api.url, getToken: tokens().getToken });
  const price = {
    plan: 'pro',
    way: 'now',
    dueNowCents: 7_000,
    nextInvoice: { planPriceCents: 9_900 },
  };
  await client.changePlan(price as ChangePrice, 'a'.repeat(32));
  const keys = api.headers.map((headers) => headers['idempotency-key']);
  expect(keys).toEqual(['a'.repeat(32), 'a'.repeat(32)]);
});

test('what the API refuses is told in its words', async () => {
  api.good.add('t1');
  const body = { code: 'card_declined', detail: 'Your card was declined.' };
  api.answers.set('plan-price', { status: 402, body });
  const client = createClient({ baseUrl: api.url, getToken: tokens().getToken });
  const refusal = { code: 'card_declined', message: 'Your card was declined.' };
  await expect(client.price('pro')).rejects.toMatchObject(refusal);
});

test('an API that can not be reached is told', async () => {
  const client = createClient({ baseUrl: 'http://127.0.0.1:9', getToken: () => 't1' });
  await expect(client.plan()).rejects.toMatchObject({ code: 'unreachable' });
});
