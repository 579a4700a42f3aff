/** Faults on order: what a bad network and a bad day at Stripe look like, the same every time. */
import Stripe from 'stripe';
import { refusal, startStand } from '../../support/sandbox/stand';
import type { Stand } from '../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;

beforeEach(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterEach(() => stand.close());

const order = (fault: Record<string, unknown>) => stand.control('POST', 'faults', fault);
const customers = async () => (await stripe.customers.list({ limit: 100 })).data.length;
const create = (options: Stripe.RequestOptions = {}) => stripe.customers.create({}, options);
const impatient = () =>
  new Stripe('sk_test_x', {
    host: '127.0.0.1',
    port: stand.sandbox.port,
    protocol: 'http',
    maxNetworkRetries: 0,
    timeout: 60,
  });

test.each([
  [429, 'rate_limit', Stripe.errors.StripeRateLimitError],
  [500, undefined, Stripe.errors.StripeAPIError],
  [503, undefined, Stripe.errors.StripeAPIError],
  [409, 'idempotency_key_in_use', Stripe.errors.StripeAPIError],
  [401, undefined, Stripe.errors.StripeAuthenticationError],
])('a %d is answered as often as ordered, and nothing is applied', async (status, code, kind) => {
  await order({ path: '/v1/customers', method: 'POST', times: 2, status });
  for (let time = 0; time < 2; time += 1) {
    const error = await refusal(create());
    expect(error).toBeInstanceOf(kind);
    expect({ status: error.statusCode, code: error.code }).toEqual({ status, code });
  }
  expect(await customers()).toBe(0);
  await create();
  expect(await customers()).toBe(1);
});

test('a fault that is ordered for always ends when it is cleared', async () => {
  await order({ path: '/v1/customers', method: 'POST', times: 'always', status: 503 });
  for (let time = 0; time < 5; time += 1) expect((await refusal(create())).statusCode).toBe(503);
  await stand.control('DELETE', 'faults');
  await create();
});

test('Stripe’s advice to retry, or not, is sent when ordered', async () => {
  await order({ path: '/v1/customers', status: 500, shouldRetry: false });
  expect((await refusal(create())).headers?.['stripe-should-retry']).toBe('false');
  await order({ path: '/v1/customers', status: 429, code: 'lock_timeout', shouldRetry: true });
  const locked = await refusal(create());
  expect(locked.code).toBe('lock_timeout');
  expect(locked.headers?.['stripe-should-retry']).toBe('true');
});

test('a fault of an object hits what names it, in the path or the parameters', async () => {
  const [one, other] = [await create(), await create()];
  await order({ object: one.id, times: 2, status: 500 });
  await stripe.customers.retrieve(other.id);
  expect((await refusal(stripe.customers.retrieve(one.id))).statusCode).toBe(500);
  const attached = stripe.paymentMethods.attach('pm_card_visa', { customer: one.id });
  expect((await refusal(attached)).statusCode).toBe(500);
  await stripe.customers.retrieve(one.id);
});

test.each([
  ['before_timeout', 0],
  ['after_apply_timeout', 1],
])('%s: no answer comes, and %d customers are made', async (mode, made) => {
  await order({ path: '/v1/customers', method: 'POST', mode });
  await expect(impatient().customers.create({})).rejects.toBeInstanceOf(
    Stripe.errors.StripeConnectionError,
  );
  expect(await customers()).toBe(made);
});

test.each([
  ['cut_before', 0],
  ['cut', 1],
])('%s: the connection breaks, and %d customers are made', async (mode, made) => {
  await order({ path: '/v1/customers', method: 'POST', times: 2, mode });
  await expect(create({ idempotencyKey: 'once' })).rejects.toBeInstanceOf(
    Stripe.errors.StripeConnectionError,
  );
  await stand.control('DELETE', 'faults');
  expect(await customers()).toBe(made);
});

test('a delayed answer comes late, and is right', async () => {
  await order({ path: '/v1/customers', mode: 'delay', delayMs: 80 });
  const startedAt = Date.now();
  expect((await create()).object).toBe('customer');
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(79);
});

test('with the same seed, chance refuses the same calls', async () => {
  const run = async () => {
    await stand.control('POST', 'reset');
    await stand.control('POST', 'seed', { seed: 42 });
    await order({ path: '/v1/customers', status: 500, probability: 0.5 });
    const outcomes: boolean[] = [];
    for (let call = 0; call < 30; call += 1)
      outcomes.push(
        await create().then(
          () => true,
          () => false,
        ),
      );
    return outcomes;
  };
  const first = await run();
  expect(new Set(first)).toEqual(new Set([true, false]));
  expect(await run()).toEqual(first);
});

test('a fault’s own seed makes it independent of other faults', async () => {
  const run = async (more: Record<string, unknown>) => {
    await stand.control('POST', 'reset');
    if (more.path) await order(more);
    await order({ path: '/v1/customers', status: 500, probability: 0.4, seed: 7 });
    const outcomes: boolean[] = [];
    for (let call = 0; call < 20; call += 1) {
      await stripe.products.list().catch(() => undefined);
      outcomes.push(
        await create().then(
          () => true,
          () => false,
        ),
      );
    }
    return outcomes;
  };
  expect(await run({ path: '/v1/products', status: 500, probability: 0.5 })).toEqual(await run({}));
});

test('a replayed answer is refused as well', async () => {
  await create({ idempotencyKey: 'kept' });
  await order({ path: '/v1/customers', status: 429 });
  expect((await refusal(create({ idempotencyKey: 'kept' }))).statusCode).toBe(429);
  expect((await create({ idempotencyKey: 'kept' })).lastResponse.headers).toMatchObject({
    'idempotent-replayed': 'true',
  });
});

test.each([
  ['no place', { status: 500 }, /needs a path .*, an object/],
  ['an unknown field', { path: '/v1', status: 500, sometimes: true }, /Unknown field sometimes/],
  ['an unknown mode', { path: '/v1', mode: 'perhaps' }, /mode is "perhaps": expected one of/],
  ['no effect', { path: '/v1' }, /needs a status or a delayMs/],
  ['a status with a timeout', { path: '/v1', mode: 'cut', status: 500 }, /for mode before/],
  ['a status of success', { path: '/v1', status: 200 }, /status is 200: expected one of/],
  ['no times', { path: '/v1', status: 500, times: 0 }, /times is 0: expected a whole number/],
  ['a sure thing', { path: '/v1', status: 500, probability: 2 }, /above 0, at most 1/],
  ['a broken pattern', { path: '/v1/(', status: 500 }, /no regular expression/],
  ['a late drop', { webhooks: 'drop', delayMs: 5 }, /for delay and shuffle/],
  ['a delay without length', { webhooks: 'delay' }, /need delayMs/],
  ['no such endpoint', { webhooks: 'drop', endpoint: 'we_none' }, /No such webhook endpoint/],
])('an order with %s is refused', async (_case, fault, message) => {
  expect(await order(fault)).toMatchObject({
    error: { type: 'invalid_request_error', message: expect.stringMatching(message) as string },
  });
});

test('a fault of one customer hits requests of her objects, and nobody else’s', async () => {
  const [hers, his] = [await create(), await create()];
  const { id: item } = await stripe.invoiceItems.create({
    customer: hers.id,
    amount: 100,
    currency: 'usd',
  });
  await order({ customer: hers.id, times: 'always', status: 403 });
  expect((await refusal(stripe.customers.retrieve(hers.id))).statusCode).toBe(403);
  expect((await refusal(stripe.invoiceItems.retrieve(item))).statusCode).toBe(403);
  expect((await stripe.customers.retrieve(his.id)).id).toBe(his.id);
});
