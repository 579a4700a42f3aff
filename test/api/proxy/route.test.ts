/** Goal: an operator puts any provider behind a path of its own, each with its own key. */
import OpenAI, { AzureOpenAI } from 'openai';
import { ask } from '../../support/openai/metered-openai';
import { startOpenAIServer } from '../../support/openai/openai-server';
import type { OpenAIServer } from '../../support/openai/openai-server';
import { startProxiedOpenAI, UPSTREAM_KEY } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI } from '../../support/openai/proxied-openai';

let at: ProxiedOpenAI;
let other: OpenAIServer;
let key: string;

beforeEach(async () => {
  other = await startOpenAIServer();
  const url = other.url;
  at = await startProxiedOpenAI({
    config: {
      UPSTREAMS: {
        mistral: { url, apiKey: 'sk-mistral', dialect: 'openai' },
        azure: { url, apiKey: 'azure-key', dialect: 'openai', keyHeader: 'api-key' },
        own: { url, dialect: 'openai' },
        claude: { url, apiKey: 'sk-claude', dialect: 'anthropic' },
      },
    },
  });
  key = await at.keyOf('ada');
});

afterEach(async () => {
  await at.end();
  await other.close();
});

const baseUrl = (name: string) => `${at.api.url}/upstreams/${name}/v1`;
const client = (name: string, apiKey = key) =>
  new OpenAI({ baseURL: baseUrl(name), apiKey, maxRetries: 0, logLevel: 'off' });
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'none',
    (error: unknown) => error,
  );

test('each is asked with its own key, and all are billed to the customer', async () => {
  const own = 'sk-of-the-app-itself';
  await at.keyOf('ada', ['proxy'], own);
  await client('mistral').chat.completions.create(ask('to mistral'));
  await client('own', own).chat.completions.create(ask('to our own'));
  const azure = new AzureOpenAI({
    ...{ baseURL: baseUrl('azure'), apiKey: key, apiVersion: '2024-10-21', maxRetries: 0 },
  });
  await azure.chat.completions.create(ask('to azure'));
  await at.openai.chat.completions.create(ask('to openai'));
  expect(other.headers).toMatchObject([
    { authorization: 'Bearer sk-mistral' },
    { authorization: `Bearer ${own}` },
    { 'api-key': 'azure-key' },
  ]);
  expect(other.headers[2]).not.toHaveProperty('authorization');
  expect(other.asked[2]?.path).toBe('/v1/deployments/gpt-4o-mini/chat/completions');
  expect(at.provider.headers).toMatchObject([{ authorization: `Bearer ${UPSTREAM_KEY}` }]);
  const events = await at.ledger(4);
  expect(events.map(({ customer }) => customer)).toEqual(['ada', 'ada', 'ada', 'ada']);
  expect(JSON.stringify([other.headers, at.provider.headers])).not.toContain(key);
  expect(at.logged()).not.toMatch(/sk-mistral|azure-key|sk-claude|sk-of-the-app|tk_/);
});

test('a response is its maker’s at the provider that has it, and at no other', async () => {
  await at.api.addCustomer('bob');
  const bob = await at.keyOf('bob');
  const question = { model: 'gpt-5', input: 'a secret' };
  const { id } = await client('mistral').responses.create(question);
  expect((await client('mistral').responses.retrieve(id)).id).toBe(id);
  for (const [name, of] of [
    ['mistral', bob],
    ['azure', key],
  ] as const)
    expect(await failureOf(client(name, of).responses.retrieve(id))).toMatchObject({ status: 403 });
});

test('what is not metered is refused at each, and an error has the shape of its dialect', async () => {
  expect(await failureOf(client('mistral').files.list())).toMatchObject({
    ...{ status: 403, code: 'forbidden' },
  });
  const response = await fetch(`${baseUrl('claude')}/files`, { headers: { 'x-api-key': key } });
  expect([response.status, await response.json()]).toMatchObject([
    ...[403, { type: 'error', error: { type: 'permission_error' } }],
  ]);
  expect(other.asked).toEqual([]);
});

test.each(['none', 'mistra', 'mistral2', ''])('there is no upstream "%s"', async (name) => {
  const response = await fetch(`${baseUrl(name)}/chat/completions`, {
    ...{ method: 'POST', headers: { authorization: `Bearer ${key}` }, body: '{}' },
  });
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'not_found' }]);
});
