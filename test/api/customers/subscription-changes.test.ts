/** What the routes that change a subscription ask of the workflows, and what they refuse. */
import { DomainError } from '../../../src/core/errors';
import type { ErrorCode } from '../../../src/core/errors';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { FEBRUARY, JANUARY } from '../../support/builders/builders';
import { recordUpdates } from '../../support/api/recorded-updates';

const { asked, updates } = recordUpdates(JANUARY);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ updates });
  await api.addCustomer('ada');
  await api.addCustomer('unsubscribed');
  await api.pool.query(
    `update customers set subscription_id = null where customer = 'unsubscribed'`,
  );
});
afterAll(() => api.close());
beforeEach(() => {
  asked.length = 0;
});

interface Sent {
  readonly method?: string;
  readonly key?: string;
  readonly idempotencyKey?: string;
}

async function send(path: string, body?: unknown, sent: Sent = {}) {
  const { method = 'POST', key = api.keys.admin, idempotencyKey } = sent;
  const response = await api.request(`/v1/customers/${path}`, {
    ...{ method, key },
    headers: {
      'content-type': 'application/json',
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('a change of plan', () => {
  test.each([
    ['a dearer plan', { plan: 'pro' }, 'now'],
    ['a cheaper plan', { plan: 'pay_as_you_go' }, 'period_end'],
    ['a dearer plan, later', { plan: 'pro', when: 'period_end' }, 'period_end'],
    ['a cheaper plan, now', { plan: 'pay_as_you_go', when: 'now' }, 'now'],
  ])('%s: %j is for %s', async (_case, body, when) => {
    const { plan } = body;
    const status = when === 'now' ? 'applied' : 'scheduled';
    expect(await send('ada/plan', body)).toEqual({
      status: 200,
      body: { preview: false, status, plan, when, effectiveFrom: '2026-01-01T00:00:00Z' },
    });
    const message = { planId: plan, when };
    expect(asked).toEqual([{ update: 'changePlan', of: 'ada', message, request: undefined }]);
  });

  test('while a cancellation waits it is refused, unless it takes that back', async () => {
    await api.addCustomer('leaving');
    await api.pool.query(
      `update customers set cancel_at = to_timestamp($1) where customer = 'leaving'`,
      [FEBRUARY],
    );
    const refused = { status: 409, body: { code: 'cancellation_pending' } };
    expect(await send('leaving/plan', { plan: 'pro' })).toMatchObject(refused);
    expect(await send('leaving/plan', { plan: 'pro', preview: true })).toMatchObject(refused);
    await send('leaving/plan', { plan: 'pro', resume: true });
    expect(asked).toMatchObject([{ message: { planId: 'pro', when: 'now', resume: true } }]);
  });

  test('to a plan that the catalog does not have names those it has', async () => {
    const { status, body } = await send('ada/plan', { plan: 'gold' });
    expect(status).toBe(422);
    const plans = ['pay_as_you_go', 'starter', 'pro', 'enterprise'];
    expect(body).toMatchObject({ code: 'plan_not_found', plans });
    expect(body.detail).toContain('pay_as_you_go, starter, pro, enterprise');
    expect(asked).toEqual([]);
  });
});

describe('the end of a subscription', () => {
  test.each([
    ['ada/subscription', 'now'],
    ['ada/subscription?when=now', 'now'],
    ['ada/subscription?when=period_end', 'period_end'],
  ])('DELETE %s cancels: %s', async (path, when) => {
    const { status, body } = await send(path, undefined, { method: 'DELETE' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ customer: 'ada', plan: 'starter', cancelAt: null });
    expect(asked).toMatchObject([
      { update: 'changeSubscription', of: 'ada', message: { action: 'cancel', when } },
    ]);
  });
});

test.each([
  [{ action: 'cancel' }, { action: 'cancel', when: 'period_end' }],
  [{ action: 'resume' }, { action: 'resume' }],
  [{ action: 'end_trial' }, { action: 'end_trial' }],
  [{ action: 'pause' }, { action: 'pause', behavior: 'keep_as_draft', resumesAt: null }],
  [
    { action: 'pause', behavior: 'void', resumesAt: '2026-02-01T01:00:00.900+01:00' },
    { action: 'pause', behavior: 'void', resumesAt: FEBRUARY },
  ],
])('POST …/subscription with %j', async (body, message) => {
  expect((await send('ada/subscription', body)).status).toBe(200);
  expect(asked).toMatchObject([{ update: 'changeSubscription', message }]);
});

test('a grant is answered with what it is for, and its id is its key', async () => {
  const grant = { id: 'welcome-1', tokens: 5_000, reason: 'a bad first day' };
  const { status, body } = await send('ada/grants', {
    ...grant,
    expiresAt: '2026-02-01T00:00:00Z',
  });
  expect(status).toBe(201);
  expect(body).toEqual({
    id: 'welcome-1',
    tokens: 5_000,
    usableFrom: '2026-01-01T00:00:00Z',
    expiresAt: '2026-02-01T00:00:00Z',
  });
  expect((await send('ada/grants', grant)).body.expiresAt).toBeNull();
  expect(asked).toMatchObject([
    { message: { ...grant, expiresAt: FEBRUARY }, request: 'grant:welcome-1' },
    { message: { ...grant, expiresAt: null }, request: 'grant:welcome-1' },
  ]);
});

test('a decision about an exception is passed on with who made it', async () => {
  const body = { exception: 'invoice_differs', subject: 'in_1', reason: 'their clerk' };
  const answer = await send('ada/exceptions/resolve', { ...body, resolution: 'correct' });
  expect(answer).toEqual({ status: 202, body: { accepted: true } });
  const message = { ...body, kind: 'correct', by: 'api' };
  expect(asked).toMatchObject([{ update: 'resolveException', of: 'ada', message }]);
});

test.each([
  [null, null],
  ['2026-02-01T00:00:00Z', FEBRUARY * 1000],
])('dunning of an invoice waits until %s', async (until, milliseconds) => {
  const body = { invoice: 'in_1', until, reason: 'a bank transfer' };
  const answer = await send('ada/dunning/pause', body);
  expect(answer).toEqual({ status: 202, body: { accepted: true } });
  const message = { until: milliseconds, reason: 'a bank transfer' };
  expect(asked).toMatchObject([{ update: 'pauseDunning', of: 'ada: in_1', message }]);
});

describe('the Idempotency-Key', () => {
  test('is passed on, apart from keys of our own', async () => {
    await send('ada/plan', { plan: 'pro' }, { idempotencyKey: 'retry-7' });
    await send('ada/subscription', { action: 'resume' }, { idempotencyKey: 'retry-8' });
    expect(asked.map(({ request }) => request)).toEqual(['key:retry-7', 'key:retry-8']);
  });

  test.each([['two words'], ['naïve'], [''], ['x'.repeat(201)]])('%j is refused', async (key) => {
    const answer = await send('ada/plan', { plan: 'pro' }, { idempotencyKey: key });
    expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
    expect(answer.body.detail).toContain('visible ASCII');
    expect(asked).toEqual([]);
  });
});

const CHANGES: readonly [string, string, unknown][] = [
  ['POST', 'plan', { plan: 'pro' }],
  ['DELETE', 'subscription', undefined],
  ['POST', 'subscription', { action: 'resume' }],
  ['POST', 'grants', { id: 'g', tokens: 1, reason: 'r' }],
  [
    'POST',
    'exceptions/resolve',
    { exception: 'stripe_refused', subject: 's', resolution: 'retry', reason: 'r' },
  ],
  ['POST', 'dunning/pause', { invoice: 'in_1', until: null, reason: 'r' }],
];

describe.each(CHANGES)('%s …/%s', (method, path, body) => {
  test('needs the scope admin', async () => {
    for (const key of [api.keys.read, api.keys.ingest]) {
      const answer = await send(`ada/${path}`, body, { method, key });
      expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    }
    expect(asked).toEqual([]);
  });

  test('is for customers that there are, with a subscription', async () => {
    const unknown = await send(`nobody/${path}`, body, { method });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'customer_not_found' } });
    const early = await send(`unsubscribed/${path}`, body, { method });
    expect(early).toMatchObject({ status: 409, body: { code: 'subscription_not_active' } });
    expect(asked).toEqual([]);
  });
});

test.each<[string, unknown, RegExp]>([
  ['plan', {}, /plan/],
  ['plan', { plan: 'pro', when: 'soon' }, /when/],
  ['plan', { plan: 'pro', prorate: false }, /prorate/],
  ['subscription', { action: 'explode' }, /action/],
  ['subscription', { action: 'pause', resumesAt: 'soon' }, /resumesAt/],
  ['subscription', { action: 'resume', when: 'now' }, /when/],
  ['grants', { id: 'a b', tokens: 1, reason: 'r' }, /letters, digits/],
  ['grants', { id: 'a', tokens: 0, reason: 'r' }, /tokens/],
  ['grants', { id: 'a', tokens: 1 }, /reason/],
  ['exceptions/resolve', { exception: 'bad_mood', subject: 's', resolution: 'retry' }, /exception/],
  ['dunning/pause', { invoice: 'in_1', reason: 'r' }, /until/],
])('%s with %j is refused, and nothing is asked', async (path, body, reason) => {
  const answer = await send(`ada/${path}`, body);
  expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
  expect(answer.body.detail).toMatch(reason);
  expect(asked).toEqual([]);
});

test('?when= takes no other word', async () => {
  const answer = await send('ada/subscription?when=never', undefined, { method: 'DELETE' });
  expect(answer).toMatchObject({ status: 422, body: { code: 'invalid_request' } });
});

test.each<[ErrorCode, number]>([
  ['plan_unchanged', 409],
  ['subscription_not_active', 409],
  ['usage_not_reported', 409],
  ['too_many_grants', 409],
  ['state_full', 409],
  ['exception_not_found', 404],
  ['dunning_not_found', 404],
  ['resolution_not_possible', 422],
  ['stripe_error', 502],
  ['billing_unavailable', 503],
])('a refusal of the workflow, %s, has status %i', async (code, status) => {
  const refuse = jest
    .spyOn(updates, 'changePlan')
    .mockRejectedValueOnce(new DomainError(code, 'No.'));
  const answer = await send('ada/plan', { plan: 'pro' });
  expect(answer).toMatchObject({ status, body: { code, detail: 'No.' } });
  refuse.mockRestore();
});
