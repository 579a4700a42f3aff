/** What holds for every call: keys, idempotency, errors, lists, metadata, expansion, faults. */
import Stripe from 'stripe';
import { API_VERSION, refusal, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterEach(() => stand.close());

const raw = (path: string, headers: Record<string, string>, method = 'GET') =>
  fetch(`${stand.sandbox.url}${path}`, { method, headers });

test('only test keys are taken, as Bearer or as Basic', async () => {
  const basic = Buffer.from('sk_test_x:').toString('base64');
  expect((await raw('/v1/customers', { authorization: `Basic ${basic}` })).status).toBe(200);
  const live = await raw('/v1/customers', { authorization: 'Bearer sk_live_x' });
  expect(live.status).toBe(401);
  expect(await live.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
});

test('an unknown route is an error with a body that the SDK understands', async () => {
  const answer = await raw('/v1/nothing', { authorization: 'Bearer sk_test_x' });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
});

test('answers carry a request id and the version asked for', async () => {
  const { lastResponse } = await stripe.customers.create({});
  expect(lastResponse.requestId).toMatch(/^req_/);
  expect(lastResponse.headers['stripe-version']).toBe(API_VERSION);
});

test('a key in flight is a conflict', async () => {
  await stand.control('POST', 'faults', { path: '/v1/customers', times: 1, delayMs: 100 });
  const options = { idempotencyKey: 'flying' };
  const first = stripe.customers.create({}, options);
  const second = await refusal(
    new Promise((resolve) => setTimeout(resolve, 30)).then(() =>
      stripe.customers.create({}, options),
    ),
  );
  expect(second).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
  await first;
});

test('an ordered fault answers so often and no more, and leaves the key free', async () => {
  const fault = { method: 'POST', path: '/v1/customers', times: 2, status: 503 };
  await stand.control('POST', 'faults', fault);
  const options = { idempotencyKey: 'patient' };
  for (let attempt = 0; attempt < 2; attempt += 1)
    expect((await refusal(stripe.customers.create({}, options))).statusCode).toBe(503);
  expect((await stripe.customers.create({}, options)).id).toMatch(/^cus_/);
});

test('a connection cut after applying has applied: the same key finds the object', async () => {
  await stand.control('POST', 'faults', { path: '/v1/customers', times: 2, mode: 'cut' });
  const options = { idempotencyKey: 'cut' };
  const cut = stripe.customers.create({ name: 'Ada' }, options);
  await cut.catch((error: unknown) => expect(error).toBeInstanceOf(Stripe.errors.StripeError));
  await stand.control('DELETE', 'faults');
  await stripe.customers.create({ name: 'Ada' }, options);
  expect((await stripe.customers.list()).data).toHaveLength(1);
});

test('lists are newest first, and the SDK pages through them', async () => {
  const names = Array.from({ length: 25 }, (_, index) => `customer ${index}`);
  for (const name of names) await stripe.customers.create({ name });
  const page = await stripe.customers.list({ limit: 10 });
  expect(page.has_more).toBe(true);
  const all: (string | null | undefined)[] = [];
  for await (const { name } of stripe.customers.list({ limit: 10 })) all.push(name);
  expect(all).toEqual(names.reverse());
  const before = await stripe.customers.list({ ending_before: page.data[5]?.id, limit: 2 });
  expect(before.data.map(({ name }) => name)).toEqual([all[3], all[4]]);
});

test('reset forgets everything', async () => {
  await stripe.customers.create({});
  await stand.control('POST', 'reset');
  expect((await stripe.customers.list()).data).toEqual([]);
});
