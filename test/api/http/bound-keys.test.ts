/** Goal: a key that is bound to one customer reads and writes nothing of another (invariant 12). */
import { createApiKey } from '../../../src/db/api-keys';
import type { ApiScope } from '../../../src/db/api-keys';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
/** Everything that a key of ada's may have. */
let adasKey: string;

beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  await api.addCustomer('bob');
  adasKey = await keyOf('ada', ['ingest', 'read', 'proxy']);
});

afterAll(() => api.close());

const keyOf = async (customer: string, scopes: ApiScope[]) =>
  (await createApiKey(api.pool, { name: `of ${customer}`, scopes, customer })).key;

let ids = 0;
const usageOf = (customer: string) => ({
  ...{ id: `bound-${(ids += 1)}`, customer, model: 'm', tokens: { input: 1 } },
});
const cloudEventOf = (customer: string) => ({
  ...{ specversion: '1.0', id: `bound-${(ids += 1)}`, source: 'app', type: 'tokens' },
  subject: customer,
  data: { model: 'm', total_tokens: 2, prompt_tokens: 1, completion_tokens: 1 },
});

async function send(path: string, body: unknown, contentType: string, key = adasKey) {
  const headers = { 'content-type': contentType };
  const asked = { method: 'POST', key, headers, body: JSON.stringify(body) };
  const response = await api.request(path, asked);
  const text = await response.text();
  return { status: response.status, answer: text === '' ? {} : (JSON.parse(text) as object) };
}

const recorded = async () =>
  (await api.pool.query(`select customer from usage_events where customer <> 'ada'`)).rows;

const JSON_TYPE = 'application/json';
const CLOUD = 'application/cloudevents+json';
const CLOUDS = 'application/cloudevents-batch+json';

describe('every operation of the document', () => {
  /** The ones that a bound key may use, for its own customer. */
  const OPEN = [
    'get /v1/customers/{customer}',
    'get /v1/customers/{customer}/usage',
    'get /v1/customers/{customer}/access',
    'get /v1/customers/{customer}/invoices',
    'get /v1/customers/{customer}/audit',
    'get /v1/customers/{customer}/events',
    'post /v1/customers/{customer}/dashboard-link',
  ];
  /** Open, too, and looked at event by event. */
  const TAKING_USAGE = ['post /v1/usage', 'post /api/v1/events', 'post /otlp/v1/traces'];

  /** Those of a customer's own token, to which a key is a stranger, are not among them. */
  async function statuses(customer: string): Promise<Map<string, number>> {
    const document = (await (await api.request('/openapi.json')).json()) as {
      paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>;
    };
    const found = new Map<string, number>();
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, { security = [] }] of Object.entries(item)) {
        if (security.some((one) => 'customerToken' in one)) continue;
        const url = path.replace('{customer}', customer).replace(/\{\w+\}/g, 'acme');
        const asked = { method: method.toUpperCase(), key: adasKey };
        found.set(`${method} ${path}`, (await api.request(url, asked)).status);
      }
    return found;
  }
  const without = (found: Map<string, number>, names: readonly string[]) =>
    [...found].filter(([name]) => !names.includes(name));

  test('about its own customer, only what is meant for it', async () => {
    const found = await statuses('ada');
    expect([...found.keys()]).toEqual(expect.arrayContaining([...OPEN, ...TAKING_USAGE]));
    for (const name of OPEN) expect([name, found.get(name)]).not.toEqual([name, 403]);
    for (const closed of without(found, [...OPEN, ...TAKING_USAGE]))
      expect(closed).toEqual([closed[0], 403]);
  });

  test.each(['bob', 'nobody', 'Ada', 'ada%20'])('nothing about %s', async (customer) => {
    for (const closed of without(await statuses(customer), TAKING_USAGE))
      expect(closed).toEqual([closed[0], 403]);
  });

  test('nothing that a customer’s own token is for', async () => {
    for (const part of ['usage', 'plan', 'invoices'])
      expect((await api.request(`/v1/me/${part}`, { key: adasKey })).status).toBe(401);
  });

  test('a refusal is the same whether the other one exists or not', async () => {
    const ask = async (customer: string) =>
      (await api.request(`/v1/customers/${customer}/usage`, { key: adasKey })).text();
    expect((await ask('nobody')).replaceAll('nobody', 'bob')).toBe(await ask('bob'));
  });
});

describe('usage of another customer', () => {
  test.each(['bob', 'nobody'])('alone is refused, that of %s', async (customer) => {
    for (const [body, type] of [
      [usageOf(customer), JSON_TYPE],
      [cloudEventOf(customer), CLOUD],
    ] as const)
      expect(await send('/v1/usage', body, type)).toMatchObject({
        status: 403,
        answer: { code: 'customer_forbidden' },
      });
    expect(await recorded()).toEqual([]);
  });

  test('by itself is refused as the document says', async () => {
    const { paths } = (await (await api.request('/openapi.json')).json()) as {
      paths: Record<string, { post: { responses: Record<string, unknown> } }>;
    };
    const refusals = JSON.stringify(paths['/v1/usage']?.post.responses['403']);
    expect(refusals).toContain('"customer_forbidden"');
  });

  test.each([
    ['usage events', JSON_TYPE, (events: unknown[]) => ({ events }), usageOf],
    ['CloudEvents', CLOUDS, (events: unknown[]) => events, cloudEventOf],
  ])(
    'among %s rejects only itself',
    async (_what, type, batch, eventOf: (customer: string) => { id: string }) => {
      const events = ['ada', 'bob', 'nobody'].map((customer) => eventOf(customer));
      expect(await send('/v1/usage', batch(events), type)).toMatchObject({
        status: 202,
        answer: {
          accepted: 1,
          rejected: 2,
          results: [
            { status: 'accepted' },
            { index: 1, id: events[1]?.id, status: 'rejected', code: 'customer_forbidden' },
            { index: 2, status: 'rejected', code: 'customer_forbidden' },
          ],
        },
      });
      expect(await recorded()).toEqual([]);
    },
  );

  test.each([
    ['one', CLOUD, cloudEventOf('bob'), 1],
    ['some', CLOUDS, [cloudEventOf('ada'), cloudEventOf('bob')], 1],
  ])("is told to OpenMeter's clients: %s", async (_what, type, body, rejected) => {
    expect(await send('/api/v1/events', body, type)).toMatchObject({
      status: 400,
      answer: { rejected, rejectedEvents: [{ code: 'customer_forbidden' }] },
    });
    expect(await recorded()).toEqual([]);
  });
});

test('usage of its own customer is recorded by either door', async () => {
  expect((await send('/v1/usage', usageOf('ada'), JSON_TYPE)).status).toBe(202);
  expect((await send('/api/v1/events', cloudEventOf('ada'), CLOUD)).status).toBe(204);
});

test('ids that a bound key has taken are taken from nobody, and tell it of nobody', async () => {
  const bobsKey = await keyOf('bob', ['ingest', 'read']);
  const [theirs, ours] = [usageOf('bob'), usageOf('ada')];
  expect((await send('/v1/usage', theirs, JSON_TYPE, bobsKey)).status).toBe(202);
  // Ada knows Bob's id, and one of a call that he has yet to make.
  for (const id of [theirs.id, 'order-1001'])
    expect(await send('/v1/usage', { ...ours, id, tokens: { input: 0 } }, JSON_TYPE)).toMatchObject(
      {
        status: 202,
        answer: { accepted: 1, results: [{ id, status: 'accepted' }] },
      },
    );
  const order = { ...theirs, id: 'order-1001', tokens: { input: 90_000 } };
  expect(await send('/v1/usage', order, JSON_TYPE, bobsKey)).toMatchObject({
    answer: { accepted: 1 },
  });
  expect(await send('/v1/usage', theirs, JSON_TYPE, bobsKey)).toMatchObject({
    answer: { duplicates: 1 },
  });
  const listed = await api.request('/v1/customers/bob/events?limit=10', { key: bobsKey });
  const { events } = (await listed.json()) as { events: { id: string; tokens: object }[] };
  expect(events.find(({ id }) => id === 'order-1001')?.tokens).toMatchObject({ input: 90_000 });
  await api.pool.query(`delete from usage_events where customer = 'bob'`);
});

test('a CloudEvent of the same source and id is each customer’s own', async () => {
  const bobsKey = await keyOf('bob', ['ingest']);
  const event = cloudEventOf('ada');
  expect((await send('/api/v1/events', event, CLOUD)).status).toBe(204);
  const his = { ...event, subject: 'bob' };
  expect((await send('/api/v1/events', his, CLOUD, bobsKey)).status).toBe(204);
  const counts = await api.pool.query<{ customer: string }>(
    'select customer from usage_events where id = $1 order by customer',
    [`app ${event.id}`],
  );
  expect(counts.rows.map(({ customer }) => customer)).toEqual(['ada', 'bob']);
  await api.pool.query(`delete from usage_events where customer = 'bob'`);
});

test('a bound key does no more than its scopes say', async () => {
  const reading = await keyOf('ada', ['read']);
  expect((await send('/v1/usage', usageOf('ada'), JSON_TYPE, reading)).status).toBe(403);
  const ingesting = await keyOf('ada', ['ingest']);
  expect((await api.request('/v1/customers/ada', { key: ingesting })).status).toBe(403);
});

test.each([
  ['admin for one customer', { scopes: ['admin'], customer: 'ada' }],
  ['proxy for every customer', { scopes: ['proxy'] }],
  ['read for a customer that there is not', { scopes: ['read'], customer: 'nobody' }],
] as const)('the database has no key with %s', async (_what, key) => {
  await expect(createApiKey(api.pool, { name: 'k', ...key })).rejects.toThrow(/constraint/);
});
