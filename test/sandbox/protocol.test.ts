/** What holds for every call: keys, idempotency, errors, lists, metadata, expansion, faults. */
import Stripe from 'stripe';
import { API_VERSION, meterAndPrices, refusal, startStand } from './stand';
import type { Stand } from './stand';

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

test('the same key gives the same answer, and makes one object', async () => {
  const options = { idempotencyKey: 'customer:once' };
  const first = await stripe.customers.create({ name: 'Ada' }, options);
  const again = await stripe.customers.create({ name: 'Ada' }, options);
  expect(again.id).toBe(first.id);
  expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
  expect((await stripe.customers.list()).data).toHaveLength(1);
});

test('the same key with other parameters is refused', async () => {
  const options = { idempotencyKey: 'customer:other' };
  await stripe.customers.create({ name: 'Ada' }, options);
  const error = await refusal(stripe.customers.create({ name: 'Bob' }, options));
  expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  expect(error.statusCode).toBe(400);
});

test('a refusal is replayed once execution had begun, a wrong parameter is not kept', async () => {
  const { id } = await stripe.customers.create({});
  const attach = () =>
    stripe.paymentMethods.attach(
      'pm_card_chargeDeclined',
      { customer: id },
      { idempotencyKey: 'attach' },
    );
  expect((await refusal(attach())).statusCode).toBe(402);
  const replayed = await refusal(attach());
  expect(replayed.headers?.['idempotent-replayed']).toBe('true');
  const options = { idempotencyKey: 'fixed' };
  const wrong = { bogus: '1' } as Stripe.CustomerCreateParams;
  expect((await refusal(stripe.customers.create(wrong, options))).code).toBe('parameter_unknown');
  expect((await stripe.customers.create({}, options)).object).toBe('customer');
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

test('metadata is merged, and an empty value removes its key', async () => {
  const { id } = await stripe.customers.create({ metadata: { a: '1', b: '2' } });
  const updated = await stripe.customers.update(id, { metadata: { b: '', c: '3' } });
  expect(updated.metadata).toEqual({ a: '1', c: '3' });
});

test('expand replaces ids, also within lists', async () => {
  const { items } = await meterAndPrices(stripe, { eventName: 'expanded', baseCents: 500 });
  const { id } = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  await stripe.subscriptions.create({ customer: id, items });
  const { data } = await stripe.subscriptions.list({
    customer: id,
    expand: ['data.latest_invoice.payments', 'data.customer'],
  });
  expect(data[0]).toMatchObject({
    customer: { id, object: 'customer' },
    latest_invoice: { object: 'invoice', payments: { data: [{ status: 'paid' }] } },
  });
});

test('a deleted customer leaves a tombstone and no subscription', async () => {
  const { items } = await meterAndPrices(stripe, { eventName: 'gone', centsPerToken: '1' });
  const { id } = await stripe.customers.create({});
  const subscription = await stripe.subscriptions.create({ customer: id, items });
  expect(await stripe.customers.del(id)).toMatchObject({ deleted: true });
  expect(await stripe.customers.retrieve(id)).toMatchObject({ id, deleted: true });
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled');
});

test('reset forgets everything', async () => {
  await stripe.customers.create({});
  await stand.control('POST', 'reset');
  expect((await stripe.customers.list()).data).toEqual([]);
});
