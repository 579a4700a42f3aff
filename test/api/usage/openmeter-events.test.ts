/** POST /api/v1/events as programs see it that were written for OpenMeter. */
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
});
afterAll(() => api.close());

const SINGLE = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

let ids = 0;
const anEvent = (change: Record<string, unknown> = {}) => ({
  specversion: '1.0',
  type: 'prompt',
  id: `event-${(ids += 1)}`,
  source: 'my-app',
  subject: 'ada',
  time: new Date().toISOString(),
  data: { model: 'gpt-4o-mini', tokens: 12, type: 'input' },
  ...change,
});

async function post(body: unknown, type = SINGLE, path = '/api/v1/events') {
  const response = await api.request(path, {
    method: 'POST',
    key: api.keys.ingest,
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = (text === '' ? null : JSON.parse(text)) as Record<string, unknown> | null;
  return { status: response.status, type: response.headers.get('content-type'), answer };
}

async function recorded(id: string) {
  const { rows } = await api.pool.query<Record<string, unknown>>(
    `select id, customer, model, vendor, metadata, occurred_at as "occurredAt", input::int,
            output::int, cache_read::int as "cacheRead", cache_write::int as "cacheWrite",
            reasoning::int
       from usage_events where id = $1 or right(id, length($1) + 1) = ' ' || $1`,
    [id],
  );
  return rows;
}

/** What LiteLLM's `openmeter` callback sends for a chat completion. */
const fromLiteLlm = (id: string) => ({
  specversion: '1.0',
  type: 'litellm_tokens',
  id,
  time: new Date().toISOString().replace(/Z$/, '123+00:00'),
  subject: 'ada',
  source: 'litellm-proxy',
  data: {
    model: 'gpt-4o-mini',
    cost: 0.0000123,
    ...{ prompt_tokens: 19, completion_tokens: 23, total_tokens: 42 },
  },
});

test("LiteLLM's callback is taken as it is, microseconds and all, and its cost is kept", async () => {
  const event = fromLiteLlm('chatcmpl-1');
  expect(await post(event)).toEqual({ status: 204, type: null, answer: null });
  expect(await recorded('chatcmpl-1')).toMatchObject([
    {
      id: 'litellm-proxy chatcmpl-1',
      customer: 'ada',
      ...{ input: 19, output: 23, cacheRead: 0, metadata: { cost: 0.0000123 } },
      occurredAt: new Date(event.time),
    },
  ]);
});

test('an event that was sent already is a success, and counts once', async () => {
  const event = anEvent();
  expect((await post(event)).status).toBe(204);
  expect((await post([event, anEvent()], BATCH)).status).toBe(204);
  expect(await recorded(event.id)).toHaveLength(1);
});

test('the same id of another source is another event, by either door', async () => {
  const event = anEvent({ id: 'one' });
  await post(event);
  await post({ ...event, source: 'other-app' }, SINGLE, '/v1/usage');
  expect((await post(event, SINGLE, '/v1/usage')).answer).toMatchObject({
    duplicates: 1,
    results: [{ id: 'one' }],
  });
  expect((await recorded('one')).map(({ id }) => id).sort()).toEqual([
    'my-app one',
    'other-app one',
  ]);
});

test('no two pairs of source and id are one: a space in a source is no border', async () => {
  await post([anEvent({ source: 'a b', id: 'c' }), anEvent({ source: 'a', id: 'b c' })], BATCH);
  expect((await recorded('c')).map(({ id }) => id).sort()).toEqual(['a b c', 'a%20b c']);
});

test('an id with other content than before is told, not swallowed', async () => {
  const event = anEvent();
  await post(event);
  const changed = { ...event, data: { ...event.data, tokens: 13 } };
  expect(await post(changed)).toMatchObject({
    status: 400,
    answer: { rejectedEvents: [{ index: 0, id: event.id, code: 'usage_event_conflict' }] },
  });
});

test.each([
  ['an object', () => anEvent(), 'application/json'],
  ['an array', () => [anEvent(), anEvent()], 'application/json; charset=utf-8'],
  ['one CloudEvent', () => anEvent(), `${SINGLE}; charset=utf-8`],
  ['a batch of them', () => [anEvent(), anEvent()], BATCH],
])('%s is taken as %s', async (_what, body, type) => {
  expect((await post(body(), type)).status).toBe(204);
});

test('times: any offset, microseconds, or none', async () => {
  const now = Date.now();
  const local = new Date(now + 2 * 3_600_000).toISOString().replace('Z', '456+02:00');
  const events = [anEvent({ time: local }), anEvent({ time: null }), anEvent({ time: undefined })];
  expect((await post(events, BATCH)).status).toBe(204);
  for (const { id } of events) {
    const [row] = await recorded(id);
    expect(Math.abs((row?.occurredAt as Date).getTime() - now)).toBeLessThan(10_000);
  }
});

test('a batch with bad events names each by its index, and loses none of the good ones', async () => {
  const good = [anEvent(), anEvent()];
  const batch = [
    good[0],
    anEvent({ data: { model: 'm' } }),
    good[1],
    anEvent({ subject: 'nobody' }),
  ];
  const { status, type, answer } = await post(batch, BATCH);
  expect([status, type]).toEqual([400, 'application/problem+json; charset=utf-8']);
  expect(answer).toMatchObject({
    code: 'usage_events_rejected',
    ...{ accepted: 2, duplicates: 0, rejected: 2 },
    rejectedEvents: [
      { index: 1, code: 'invalid_usage_event' },
      { index: 3, code: 'customer_not_found' },
    ],
  });
  expect(answer?.detail).toMatch(
    /^2 of 4 events can't be counted\. The others are recorded\. \[1\]/,
  );
  for (const { id } of good) expect(await recorded(id)).toHaveLength(1);
});

test('attributes too large for metadata never cost the usage', async () => {
  const event = anEvent({
    data: { model: 'm', tokens: 1, type: 'input', text: 'x'.repeat(9_000) },
  });
  expect((await post(event)).status).toBe(204);
  expect(await recorded(event.id)).toMatchObject([{ input: 1, metadata: { leftOutBytes: 9_011 } }]);
});

test.each([
  ['no JSON', '{', SINGLE, 400, 'invalid_request'],
  ['an empty batch', '[]', BATCH, 400, 'invalid_request'],
  ['no batch', '{}', BATCH, 400, 'invalid_request'],
  ['another media type', 'a=b', 'text/plain', 415, 'unsupported_media_type'],
])('a body of %s is refused', async (_what, body, type, status, code) => {
  expect(await post(body, type)).toMatchObject({ status, answer: { code } });
});

test('it wants a key that may ingest', async () => {
  const send = async (key?: string) =>
    (await api.request('/api/v1/events', { method: 'POST', key, body: '{}' })).status;
  expect([await send(), await send('tk_unknown'), await send(api.keys.read)]).toEqual([
    401, 401, 403,
  ]);
});

test('/v1/usage takes the same data in CloudEvents, alone and as a batch', async () => {
  const event = fromLiteLlm('chatcmpl-2');
  expect(await post(event, SINGLE, '/v1/usage')).toMatchObject({
    status: 202,
    answer: { accepted: 1, results: [{ id: 'chatcmpl-2', status: 'accepted' }] },
  });
  const bad = anEvent({ data: { model: 'm', tokens: 1 } });
  expect(await post([event, bad, anEvent()], BATCH, '/v1/usage')).toMatchObject({
    status: 202,
    answer: { accepted: 1, duplicates: 1, rejected: 1 },
  });
});

describe('an event that its sender stamps anew at each attempt', () => {
  const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1_000).toISOString();

  test('counts once, at its first time', async () => {
    const event = anEvent({ time: at(100) });
    await post(event);
    expect(await post({ ...event, time: at(0) })).toMatchObject({ status: 204 });
    expect(await recorded(event.id)).toMatchObject([
      { input: 12, occurredAt: new Date(event.time) },
    ]);
  });

  test('counts once in one batch, and among others', async () => {
    const event = anEvent({ time: at(1) });
    const other = anEvent();
    const batch = [event, { ...event, time: at(0) }, other];
    expect(await post(batch, BATCH)).toMatchObject({ status: 204 });
    expect([await recorded(event.id), await recorded(other.id)]).toMatchObject([
      [{ input: 12 }],
      [{ input: 12 }],
    ]);
  });

  test.each([
    ['says other tokens', 100, 0, { data: { model: 'gpt-4o-mini', tokens: 13, type: 'input' } }],
    ['says other data', 100, 0, { data: { ...anEvent().data, route: '/chat' } }],
    ['has a time that sending did not make', 100, 1_000, {}],
    ['comes more than a day after the first', 90_000, 0, {}],
  ])('is a conflict if it %s', async (_what, firstAgo, againAgo, change) => {
    const event = anEvent({ time: at(firstAgo) });
    await post(event);
    expect(await post({ ...event, ...change, time: at(againAgo) })).toMatchObject({
      status: 400,
      answer: { rejectedEvents: [{ code: 'usage_event_conflict' }] },
    });
  });
});
