/** What holds for every call: keys, versions, encodings, pages. */
import type Stripe from 'stripe';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import { API_VERSION, refusal, START, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const HOUR_MS = 3600_000;
let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;

beforeEach(async () => {
  nowMs = START * 1000;
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
});
afterEach(() => stand.close());

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${stand.sandbox.url}${path}`, {
    method: 'POST',
    body,
    headers: {
      authorization: 'Bearer sk_test_x',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
  });
const keyed = (idempotencyKey: string) => ({ idempotencyKey });
const ofVersion = (version: string) =>
  stripe.customers.list({}, { apiVersion: version } as Stripe.RequestOptions);
const REFUSED: Rule[] = [
  {
    source: '§4 idempotency',
    rule: 'a key has at most 255 characters',
    call: () => stripe.customers.create({}, keyed('k'.repeat(256))),
    refused: { statusCode: 400, message: /at most 255 characters; this one has 256/ },
  },
  {
    source: '§4 idempotency',
    rule: 'a key is for one set of parameters',
    call: async () => {
      await stripe.customers.create({ name: 'a' }, keyed('one'));
      await stripe.customers.create({ name: 'b' }, keyed('one'));
    },
    refused: { statusCode: 400, message: /same parameters/ },
  },
  {
    source: '§4 idempotency',
    rule: 'a key is for one route',
    call: async () => {
      await stripe.customers.create({ name: 'a' }, keyed('one'));
      await stripe.products.create({ name: 'a' }, keyed('one'));
    },
    refused: { statusCode: 400, message: /same parameters/ },
  },
  {
    source: '§6 Stripe-Version',
    rule: 'a version that does not exist is refused',
    call: () => ofVersion('tomorrow'),
    refused: { statusCode: 400, message: /Invalid Stripe API version: tomorrow/ },
  },
  {
    source: '§6 Stripe-Version (the sandbox’s own limit)',
    rule: 'a version of another shape is refused, not answered in this one',
    call: () => ofVersion('2024-06-20'),
    refused: { statusCode: 400, message: /in the shape of 2026-09-30.endive and/ },
  },
  {
    source: '§3 Event shape follows the endpoint’s version (the sandbox’s own limit)',
    rule: 'an endpoint of a version of another shape is refused',
    call: () =>
      stripe.webhookEndpoints.create({
        url: 'http://127.0.0.1:1/',
        enabled_events: ['*'],
        api_version: '2025-03-31.basil',
      }),
    refused: { statusCode: 400, param: 'api_version' },
  },
  {
    source: 'docs of pagination',
    rule: 'a page goes one way',
    call: () => stripe.customers.list({ starting_after: 'a', ending_before: 'b' }),
    refused: { statusCode: 400 },
  },
  {
    source: 'docs of pagination',
    rule: 'a page has 1 to 100 objects',
    call: () => stripe.customers.list({ limit: 101 }),
    refused: { statusCode: 400, param: 'limit' },
  },
  {
    source: 'docs of events.list',
    rule: 'events are asked for by type or by types',
    call: () => stripe.events.list({ type: 'a', types: ['b'] }),
    refused: { statusCode: 400, param: 'types' },
  },
];

test.each(REFUSED)('$rule ($source)', assertRefused);

test.each([
  [23, true],
  [25, false],
])('a key after %d hours is still answered from memory: %s (§4)', async (hours, isKept) => {
  const first = await stripe.customers.create({}, keyed('day'));
  nowMs += hours * HOUR_MS;
  await stand.control('POST', 'tick');
  const again = await stripe.customers.create({}, keyed('day'));
  expect(again.id === first.id).toBe(isKept);
  const { headers } = again.lastResponse;
  expect(headers['idempotent-replayed']).toBe(isKept ? 'true' : undefined);
  expect(headers['original-request'] === first.lastResponse.requestId).toBe(isKept);
});

test('a kept failure is replayed, with the advice not to try again (§4)', async () => {
  const { id } = await stripe.customers.create({});
  const attach = () =>
    stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: id }, keyed('declined'));
  expect((await refusal(attach())).headers?.['stripe-should-retry']).toBe('false');
  const again = await refusal(attach());
  expect(again.statusCode).toBe(402);
  expect(again.headers).toMatchObject({
    'idempotent-replayed': 'true',
    'stripe-should-retry': 'false',
  });
});

test.each([
  ['a wrong parameter', () => post('/v1/customers', 'bogus=1', { 'idempotency-key': 'k' }), 400],
  [
    'a wrong key of the account',
    () => post('/v1/customers', '', { 'idempotency-key': 'k', authorization: 'Bearer sk_live_x' }),
    401,
  ],
  [
    'a rate limit',
    async () => {
      await stand.control('POST', 'faults', { path: '/v1/customers', status: 429 });
      return post('/v1/customers', '', { 'idempotency-key': 'k' });
    },
    429,
  ],
])('%s is not kept for its idempotency key (§4)', async (_case, call, status) => {
  expect((await call()).status).toBe(status);
  const { lastResponse } = await stripe.customers.create({}, keyed('k'));
  expect(lastResponse.headers['idempotent-replayed']).toBeUndefined();
});

test.each([API_VERSION, '2026-09-30.endive'])(
  'version %s is answered and echoed',
  async (version) => {
    expect((await ofVersion(version)).lastResponse.headers['stripe-version']).toBe(version);
  },
);

test('every answer names its request, and events name it, too', async () => {
  const { lastResponse } = await stripe.customers.create({}, keyed('named'));
  const [event] = (await stripe.events.list({ type: 'customer.created' })).data;
  expect(event?.request).toEqual({ id: lastResponse.requestId, idempotency_key: 'named' });
});

test.each([
  ['indexed', 'items[0][a]=1', 'items[0][a]'],
  ['without an index', 'expand[]=customer&nothing[]=1', 'nothing'],
  ['encoded', 'metadata%5Ba%5D=1&deep%5Bb%5D%5Bc%5D=2', 'deep'],
])('parameters are read as forms encode them: %s', async (_case, body, param) => {
  const answer = (await (await post('/v1/customers', body)).json()) as { error: { param: string } };
  expect(answer.error.param.startsWith(param.split('[')[0] ?? '')).toBe(true);
});

test('an empty text unsets, and other text stays as it was written', async () => {
  const name = 'Ada & Ünal=+%20 "x"\n[1]';
  const { id } = await stripe.customers.create({
    name,
    description: 'd',
    metadata: { 'a b': 'ü' },
  });
  const updated = await stripe.customers.update(id, { description: '' });
  expect(updated).toMatchObject({ name, description: null, metadata: { 'a b': 'ü' } });
});

test('a path that is no encoding names nothing, and breaks nothing', async () => {
  const answer = await fetch(`${stand.sandbox.url}/v1/customers/%E0%A4%A`, {
    headers: { authorization: 'Bearer sk_test_x' },
  });
  expect(answer.status).toBe(404);
});

test('all pages of a list are all its objects, once each, in order', async () => {
  const made: string[] = [];
  for (let count = 0; count < 23; count += 1)
    made.unshift((await stripe.products.create({ name: `product ${count}` })).id);
  const seen: string[] = [];
  for await (const { id } of stripe.products.list({ limit: 5 })) seen.push(id);
  expect(seen).toEqual(made);
});

test('events older than 30 days are neither listed nor found (§3)', async () => {
  await stripe.customers.create({});
  const [event] = (await stripe.events.list()).data;
  nowMs += 30 * 24 * HOUR_MS;
  expect((await stripe.events.list()).data).toEqual([]);
  expect((await refusal(stripe.events.retrieve(String(event?.id)))).statusCode).toBe(404);
});
