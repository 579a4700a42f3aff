/**
 * Goal: whatever name a model was called by, the ledger has the one that the catalog prices; and a
 * model that the catalog says nothing of is told, recorded as it is.
 */
import { eventually } from '../../support/stack/eventually';
import { readCatalog } from '../../../src/stripe/catalog-file';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';

let api: TestApi;

const NAMES = [
  { names: ['openai/*'], model: '*' },
  { names: ['team-chat'], model: 'gpt-4o' },
];

beforeAll(async () => {
  const catalog = { ...(await readCatalog('catalog.yaml')), modelNames: NAMES };
  api = await startTestApi({ catalog });
  await api.addCustomer('ada');
});

afterAll(() => api.close());

let ids = 0;
const send = async (event: object) => {
  const id = `event-${(ids += 1)}`;
  const response = await api.postUsage({ id, customer: 'ada', tokens: { input: 5 }, ...event });
  return (await response.json()) as { accepted: number; duplicates: number };
};

async function read(path: string): Promise<unknown> {
  const response = await api.request(path, { key: api.keys.read });
  expect(response.status).toBe(200);
  return response.json();
}

test('the ledger calls a model what the catalog calls it, and keeps what was sent', async () => {
  await send({ id: 'first', model: 'team-chat' });
  await send({ model: 'openai/gpt-4o' });
  await send({ model: 'gpt-4o' });
  const answer = (await read('/v1/customers/ada/events')) as { events: { sentModel: string }[] };
  const named = answer.events.filter(({ sentModel }) => sentModel !== null);
  expect(answer.events).toHaveLength(3);
  expect(new Set(named.map(({ sentModel }) => sentModel))).toEqual(
    new Set(['team-chat', 'openai/gpt-4o']),
  );
  const { rows } = await api.pool.query('select distinct model from usage_events');
  expect(rows).toEqual([{ model: 'gpt-4o' }]);
});

test('the same event is a duplicate, though the catalog has other names by now', async () => {
  await send({ id: 'repeated', model: 'openai/gpt-4o-mini' });
  await api.pool.query(
    `insert into usage_events (id, customer, model, input, output, cache_read, cache_write,
                               reasoning, occurred_at, content_hash, sent_model)
     select 'renamed', customer, 'a name of before', input, output, cache_read, cache_write,
            reasoning, occurred_at, content_hash, sent_model
       from usage_events where id = 'repeated'`,
  );
  expect(await send({ id: 'renamed', model: 'openai/gpt-4o-mini' })).toMatchObject({
    accepted: 0,
    duplicates: 1,
  });
});

test('a model that the catalog says nothing of is told, with what it sells for', async () => {
  await send({ model: 'gpt-6-preview' });
  await send({ model: 'openai/gpt-6-preview' });
  await send({ model: 'acme-large', vendor: 'acme' });
  const told = await eventually(
    () => read('/v1/unknown-models') as Promise<{ models: { model: string; rates: object[] }[] }>,
    ({ models }) => models.length > 0,
  );
  expect(told.models.map(({ model }) => model)).toEqual(['gpt-6-preview']);
  expect(told.models[0]?.rates).toContainEqual({
    plan: 'starter',
    rate: 'overage_standard',
    pricePerMillionTokens: '3.00',
  });
  const metrics = await api.request('/metrics', { key: api.keys.admin });
  expect(await metrics.text()).toContain('\ntollkeeper_unknown_models 1\n');
});
