/** POST /v1/usage as clients see it. */
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { revokeApiKey } from '../../../src/db/api-keys';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  await api.addCustomer('timed', 'clock_1');
});

afterAll(() => api.close());

let ids = 0;
const anEvent = <T extends object>(change?: T) => ({
  id: `event-${(ids += 1)}`,
  customer: 'ada',
  model: 'gpt-4o-mini',
  tokens: { input: 5 },
  ...(change as T),
});

async function post(body: unknown, headers?: Record<string, string>) {
  const response = await api.postUsage(body, headers);
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, type: response.headers.get('content-type'), answer };
}

test('an acknowledged usage event is in the ledger', async () => {
  const event = anEvent({ metadata: { user: 'ü"\\', nested: [1, null] }, vendor: 'acme' });
  expect(await post(event)).toMatchObject({
    status: 202,
    answer: {
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      results: [{ index: 0, id: event.id, status: 'accepted' }],
    },
  });
  const { rows } = await api.pool.query('select * from usage_events where id = $1', [event.id]);
  expect(rows).toMatchObject([
    { customer: 'ada', input: '5', vendor: 'acme', metadata: event.metadata },
  ]);
});

test('the same usage event again is a duplicate, however it is written', async () => {
  const event = anEvent({ occurredAt: new Date().toISOString(), metadata: { a: 1, b: 2 } });
  await post(event);
  const rewritten = {
    ...event,
    metadata: { b: 2, a: 1 },
    tokens: { input: 5, output: 0 },
    occurredAt: event.occurredAt.replace('Z', '+00:00'),
  };
  expect(await post(rewritten)).toMatchObject({ status: 202, answer: { duplicates: 1 } });
});

test.each([
  ['model', { model: 'other' }],
  ['tokens', { tokens: { input: 6 } }],
  ['vendor', { vendor: 'acme' }],
  ['metadata', { metadata: {} }],
])('an id used again with another %s is a conflict', async (_what, change) => {
  const event = anEvent();
  await post(event);
  expect(await post({ ...event, ...change })).toMatchObject({
    status: 422,
    type: 'application/problem+json; charset=utf-8',
    answer: { code: 'usage_event_conflict' },
  });
});

test('what is new and estimated is counted, for an alert on providers that tell no usage', async () => {
  const metadata = { estimated: 'true' };
  const event = { ...anEvent(), metadata };
  await post({ events: [event, event, anEvent(), { ...anEvent(), metadata, model: '' }] });
  const metrics = await (await api.request('/metrics', { key: api.keys.read })).text();
  expect(metrics).toMatch(/^tollkeeper_estimated_usage_events_total 1$/m);
});

test('one id three times in a request: accepted, duplicate, conflict', async () => {
  const event = anEvent();
  const { answer } = await post({ events: [event, event, { ...event, model: 'other' }] });
  const statuses = (answer.results as { status: string }[]).map(({ status }) => status);
  expect(statuses).toEqual(['accepted', 'duplicate', 'rejected']);
});

test.each([
  ['no tokens', { tokens: {} }, 'at least one of'],
  ['an unknown token type', { tokens: { thought: 1 } }, '"thought"'],
  ['half a token', { tokens: { input: 0.5 } }, 'tokens.input is 0.5'],
  ['negative tokens', { tokens: { input: -1 } }, 'tokens.input is -1'],
  ['too many tokens', { tokens: { input: 1e10 + 1 } }, 'tokens.input is 10000000001'],
  ['no id', { id: undefined }, 'id is missing'],
  ['a zero character', { id: 'a\u0000b' }, 'no control characters'],
  ['a long model', { model: 'x'.repeat(201) }, 'model is "xxx'],
  ['an unknown field', { price: 1 }, '"price"'],
  ['large metadata', { metadata: { text: 'x'.repeat(5_000) } }, '4096 bytes'],
  ['metadata that jsonb refuses', { metadata: { text: '\u0000' } }, 'metadata'],
  ['a time without a zone', { occurredAt: '2026-01-01 00:00' }, 'occurredAt is'],
])('a usage event with %s is refused by name', async (_what, change, expected) => {
  const { status, answer } = await post(anEvent(change));
  expect(status).toBe(422);
  expect(answer.code).toBe('invalid_usage_event');
  expect(answer.detail).toContain(expected);
});

test('a bad usage event in a batch rejects only itself', async () => {
  const { status, answer } = await post({
    events: [anEvent(), 7, anEvent({ customer: 'nobody' }), anEvent({ tokens: {} }), anEvent()],
  });
  expect(status).toBe(202);
  expect(answer).toMatchObject({
    accepted: 2,
    rejected: 3,
    results: [
      { status: 'accepted' },
      { status: 'rejected', id: null, code: 'invalid_usage_event' },
      { status: 'rejected', code: 'customer_not_found' },
      { status: 'rejected', code: 'invalid_usage_event' },
      { index: 4, status: 'accepted' },
    ],
  });
});

test("occurredAt is held against the customer's own now", async () => {
  api.clocks.set('clock_1', new Date('2030-01-31T00:00:00Z'));
  const timed = (occurredAt?: string) => post(anEvent({ customer: 'timed', occurredAt }));
  expect((await timed('2030-01-31T00:05:00Z')).status).toBe(202);
  expect((await timed('2029-12-27T00:00:00Z')).status).toBe(202);
  for (const outside of ['2030-01-31T00:05:01Z', '2029-12-26T23:59:59Z'])
    expect(await timed(outside)).toMatchObject({
      status: 422,
      answer: { code: 'occurred_at_out_of_range' },
    });
  const { answer } = await timed();
  const [result] = answer.results as { id: string }[];
  const { rows } = await api.pool.query<{ occurred_at: Date }>(
    'select occurred_at from usage_events where id = $1',
    [result?.id],
  );
  expect(rows[0]?.occurred_at).toEqual(new Date('2030-01-31T00:00:00Z'));
});

test('CloudEvents are taken, alone and as a batch', async () => {
  const cloudEvent = (change: Record<string, unknown> = {}) => ({
    specversion: '1.0',
    id: `cloud-${(ids += 1)}`,
    source: '/app',
    type: 'llm.call',
    subject: 'ada',
    time: new Date().toISOString(),
    data: { model: 'gpt-4o-mini', tokens: { output: 3 } },
    ...change,
  });
  const single = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
  expect(await post(cloudEvent(), single)).toMatchObject({ status: 202, answer: { accepted: 1 } });
  expect((await post(cloudEvent({ specversion: '0.3' }), single)).status).toBe(422);
  const batch = { 'content-type': 'application/cloudevents-batch+json' };
  expect(await post([cloudEvent(), cloudEvent({ data: 1 })], batch)).toMatchObject({
    status: 202,
    answer: { accepted: 1, rejected: 1 },
  });
});

test.each([
  ['no JSON', '{', 422, 'invalid_request'],
  ['an array', '[]', 422, 'invalid_request'],
  ['no usage event', '{"events":[]}', 422, 'invalid_request'],
  ['1,001 usage events', { events: Array(1_001).fill(1) }, 413, 'payload_too_large'],
  ['3 MB', `"${'x'.repeat(3_000_000)}"`, 413, 'payload_too_large'],
])('a body of %s is refused', async (_what, body, status, code) => {
  expect(await post(body)).toMatchObject({ status, answer: { code, status } });
});

test('a media type that is not understood is refused', async () => {
  expect((await post('a=b', { 'content-type': 'text/plain' })).status).toBe(415);
});

test('keys: none, unknown, of another scope, revoked', async () => {
  const send = async (key?: string) =>
    (await api.request('/v1/usage', { method: 'POST', key, body: '{}' })).status;
  expect(await send()).toBe(401);
  expect(await send('tk_unknown')).toBe(401);
  expect(await send(api.keys.read)).toBe(403);
  // The body is wrong, so the key was taken. Its revocation is seen once the cache forgets it.
  expect(await send(api.keys.admin)).toBe(415);
  const { rows } = await api.pool.query<{ id: string }>(
    `select id from api_keys where name = 'admin'`,
  );
  expect(await revokeApiKey(api.pool, String(rows[0]?.id))).toBe(true);
  expect(await revokeApiKey(api.pool, String(rows[0]?.id))).toBe(false);
});

test('20 senders of the same 500 usage events: each is accepted once', async () => {
  const events = Array.from({ length: 500 }, () => anEvent());
  const sender = async (offset: number) => {
    const sums = { accepted: 0, duplicates: 0 };
    for (let at = 0; at < 500; at += 50) {
      const from = (at + offset * 25) % 500;
      const part = [...events, ...events].slice(from, from + 50).sort(() => (offset % 2) - 0.5);
      const { answer } = await post({ events: part });
      sums.accepted += Number(answer.accepted);
      sums.duplicates += Number(answer.duplicates);
    }
    return sums;
  };
  const sums = await Promise.all(Array.from({ length: 20 }, (_, offset) => sender(offset)));
  expect(sums.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(500);
  expect(sums.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(19 * 500);
});
