/** An API that takes usage alone takes it as any other does, and nothing else. */
import { startUsageApi } from '../../../src/api/usage/usage-app';
import { createApiKey } from '../../../src/db/api-keys';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ heldMs: 0 }, startUsageApi);
  await api.addCustomer('ada');
});
afterAll(() => api.close());

const event = (id: string, customer = 'ada') => ({
  ...{ id, customer, model: 'm', tokens: { input: 1 } },
});
const cloudEvent = (id: string) => ({
  ...{ specversion: '1.0', id, source: 'app', type: 'tollkeeper.usage', subject: 'ada' },
  data: { model: 'm', tokens: { input: 1 } },
});
const CLOUD_EVENTS = { 'content-type': 'application/cloudevents-batch+json' };

test('usage is recorded, as JSON and as CloudEvents', async () => {
  expect((await api.postUsage(event('a'))).status).toBe(202);
  const answer = await api.postUsage([cloudEvent('b')], CLOUD_EVENTS);
  expect(await answer.json()).toMatchObject({ accepted: 1 });
});

test("OpenMeter's clients are served", async () => {
  const answer = await api.request('/api/v1/events', {
    ...{ method: 'POST', key: api.keys.ingest, headers: CLOUD_EVENTS },
    body: JSON.stringify([cloudEvent('c')]),
  });
  expect(answer.status).toBe(204);
});

test('keys and their customers are looked at as everywhere', async () => {
  const post = (key: string | undefined, body: object) =>
    api.request('/v1/usage', {
      ...{ method: 'POST', key, body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json' },
    });
  expect((await post(undefined, event('d'))).status).toBe(401);
  expect((await post(api.keys.read, event('d'))).status).toBe(403);
  const bound = { name: 'bo', scopes: ['ingest'] as const, customer: 'ada' };
  const { key } = await createApiKey(api.pool, bound);
  expect((await post(key, event('d', 'bo'))).status).toBe(403);
});

test('it lives, is ready, and tells its metrics to a key', async () => {
  expect((await api.request('/healthz')).status).toBe(200);
  expect((await api.request('/readyz')).status).toBe(200);
  expect((await api.request('/metrics')).status).toBe(401);
  const metrics = await api.request('/metrics', { key: api.keys.read });
  expect(await metrics.text()).toContain('tollkeeper_usage_events_total');
});

test.each([
  ['GET', '/v1/customers/ada'],
  ['PUT', '/v1/customers/ada'],
  ['POST', '/openai/v1/chat/completions'],
  ['POST', '/webhooks/stripe'],
  ['GET', '/dashboard?token=none'],
  ['GET', '/billing-portal?token=none'],
  ['GET', '/openapi.json'],
  ['GET', '/v1/nothing'],
])('%s %s is told that another process answers it', async (method, path) => {
  const answer = await api.request(path, { method, key: api.keys.admin });
  expect(answer.status).toBe(421);
  expect(await answer.json()).toMatchObject({
    code: 'misdirected_request',
    detail: expect.stringContaining('API_SERVES=usage'),
  });
});

test('another method of what it serves is 405', async () => {
  const answer = await api.request('/v1/usage', { key: api.keys.ingest });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
});

test('a key has its share of usage, and an address of what is misdirected', async () => {
  const config = {
    ...{ STRIPE_WEBHOOK_SECRET: 'none', LIMIT_USAGE_PER_SECOND: 1, LIMIT_VISITS_PER_SECOND: 1 },
  };
  const limited = await startTestApi({ heldMs: 0, config }, startUsageApi);
  try {
    await limited.addCustomer('ada');
    const statuses = new Set<number>();
    for (let index = 0; index < 15; index += 1)
      statuses.add((await limited.postUsage(event(`of 15, ${index}`))).status);
    expect([...statuses]).toEqual([202, 429]);
    while (!statuses.has(200)) {
      const { status } = await limited.request('/v1/customers/ada', { key: limited.keys.admin });
      statuses.add(status === 429 ? 200 : status);
    }
    expect([...statuses]).toEqual([202, 429, 421, 200]);
  } finally {
    await limited.close();
  }
});
