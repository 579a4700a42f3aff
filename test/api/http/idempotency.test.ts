/** A key belongs to the request that it came with first, at every route that takes one. */
import { DomainError } from '../../../src/core/errors';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { JANUARY } from '../../support/builders/builders';
import { recordUpdates } from '../../support/api/recorded-updates';

const { asked, updates } = recordUpdates(JANUARY);

let api: TestApi;
/** Another process on the same database. */
let other: TestApi;
beforeAll(async () => {
  api = await startTestApi({ updates });
  other = await startTestApi({ updates, pool: api.pool });
  await api.addCustomer('ada');
  await api.addCustomer('bo');
});
afterAll(async () => {
  await other.close();
  await api.close();
});
beforeEach(async () => {
  asked.length = 0;
  await api.pool.query('truncate idempotency_keys');
});

type Asked = readonly [method: string, path: string, body?: unknown];

async function send([method, path, body]: Asked, idempotencyKey: string, at: TestApi = api) {
  const response = await at.request(`/v1/${path}`, {
    method,
    key: api.keys.admin,
    headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const REASON = { reason: 'agreed' };
const DECISION = { exception: 'stripe_refused', subject: 's', resolution: 'retry', ...REASON };

/** Two requests to each route that differ in what they ask for. */
const ROUTES: readonly (readonly [Asked, Asked])[] = [
  [
    ['POST', 'customers/ada/plan', { plan: 'pro', when: 'now' }],
    ['POST', 'customers/ada/plan', { plan: 'enterprise', when: 'now' }],
  ],
  [
    ['POST', 'customers/ada/subscription', { action: 'pause' }],
    ['POST', 'customers/ada/subscription', { action: 'resume' }],
  ],
  [
    ['DELETE', 'customers/ada/subscription'],
    ['DELETE', 'customers/ada/subscription?when=period_end'],
  ],
  [
    ['POST', 'customers/ada/grants', { id: 'g', tokens: 1, ...REASON }],
    ['POST', 'customers/ada/grants', { id: 'g', tokens: 2, ...REASON }],
  ],
  [
    ['POST', 'customers/ada/exceptions/resolve', DECISION],
    ['POST', 'customers/ada/exceptions/resolve', { ...DECISION, subject: 't' }],
  ],
  [
    ['POST', 'customers/ada/dunning/pause', { invoice: 'in_1', until: null, ...REASON }],
    ['POST', 'customers/bo/dunning/pause', { invoice: 'in_1', until: null, ...REASON }],
  ],
];

const REUSED = { status: 422, body: { code: 'idempotency_key_reused' } };

describe.each(ROUTES)('%j', (first, second) => {
  test('asked again under its key is answered as before, also by another process', async () => {
    const answer = await send(first, 'K1');
    expect(answer.status).toBeLessThan(300);
    expect(await send(first, 'K1')).toEqual(answer);
    expect(await send(first, 'K1', other)).toEqual(answer);
    expect(asked).toHaveLength(1);
  });

  test('has a key that no other request can use', async () => {
    await send(first, 'K1');
    expect(await send(second, 'K1', other)).toMatchObject(REUSED);
    for (const [elsewhere] of ROUTES)
      if (elsewhere !== first) expect(await send(elsewhere, 'K1')).toMatchObject(REUSED);
    expect(asked).toHaveLength(1);
  });
});

test('a change of plan under the key of a pause is refused, and not a fault of ours', async () => {
  await send(['POST', 'customers/ada/subscription', { action: 'pause' }], 'K1');
  const answer = await send(['POST', 'customers/ada/plan', { plan: 'pro' }], 'K1');
  expect(answer).toMatchObject(REUSED);
  expect(answer.body.detail).toContain('same route and body');
});

test('a sale under the key of another sale is refused before anybody is charged', async () => {
  const charge = { id: 'order-1', customer: 'ada', amountCents: 1_000 };
  const first = await send(['POST', 'vendors/acme/charges', charge], 'K1');
  expect(first.body.code).toBe('vendor_not_found');
  const changed = { ...charge, amountCents: 2_000 };
  expect(await send(['POST', 'vendors/acme/charges', changed], 'K1')).toMatchObject(REUSED);
});

test('what a body says in another order, or leaves to its default, is the same request', async () => {
  const plain = await send(['POST', 'customers/ada/subscription', { action: 'pause' }], 'K1');
  const told = { resumesAt: null, behavior: 'keep_as_draft', action: 'pause' };
  expect(await send(['POST', 'customers/ada/subscription', told], 'K1')).toEqual(plain);
  expect(asked).toHaveLength(1);
});

describe('a request that was not answered', () => {
  const pause: Asked = ['POST', 'customers/ada/subscription', { action: 'pause' }];
  const unavailable = () =>
    jest
      .spyOn(updates, 'changeSubscription')
      .mockRejectedValueOnce(new DomainError('billing_unavailable', 'No answer.'));

  test('is asked of the workflow again, under the same key', async () => {
    unavailable();
    expect((await send(pause, 'K1')).status).toBe(503);
    expect((await send(pause, 'K1')).status).toBe(200);
    expect(asked.map(({ request }) => request)).toEqual(['key:K1']);
  });

  test('keeps its key from others meanwhile', async () => {
    unavailable();
    await send(pause, 'K1');
    expect(await send(['DELETE', 'customers/ada/subscription'], 'K1')).toMatchObject(REUSED);
  });

  test('is not made again after a day, when nobody remembers it', async () => {
    unavailable();
    await send(pause, 'K1');
    await api.pool.query(`update idempotency_keys set first_at = first_at - interval '25 hours'`);
    const answer = await send(pause, 'K1');
    expect(answer).toMatchObject({ status: 409, body: { code: 'idempotency_key_expired' } });
    expect(asked).toEqual([]);
  });
});

test('an answer is kept for 30 days, however many others were given', async () => {
  const pause: Asked = ['POST', 'customers/ada/subscription', { action: 'pause' }];
  const answer = await send(pause, 'K1');
  await api.pool.query(`update idempotency_keys set first_at = first_at - interval '29 days'`);
  for (let change = 0; change < 25; change += 1)
    await send(['POST', 'customers/ada/subscription', { action: 'resume' }], `later-${change}`);
  asked.length = 0;
  expect(await send(pause, 'K1')).toEqual(answer);
  expect(asked).toEqual([]);

  await api.pool.query(`update idempotency_keys set first_at = first_at - interval '2 days'`);
  expect((await send(pause, 'K1')).status).toBe(200);
  expect(asked).toHaveLength(1);
});
