/**
 * Goal: calls by the Vercel AI SDK are recorded as its models tell their usage.
 * Method: a model of the shape that `ai` gives to a middleware; by `ai` itself, in three versions,
 * it is played in test/sdk/real-clients.test.ts.
 */
import { tollkeeperMiddleware } from '../../src/sdk';
import { startMeteredOpenAI } from '../support/openai/metered-openai';
import type { MeteredOpenAI } from '../support/openai/metered-openai';

let at: MeteredOpenAI;

beforeEach(async () => {
  at = await startMeteredOpenAI();
});

afterEach(() => at.end());

const USAGE = {
  inputTokens: { total: 100, noCache: 60, cacheRead: 30, cacheWrite: 10 },
  outputTokens: { total: 50, text: 40, reasoning: 10 },
};
const TOKENS = { input: 60, output: 40, cacheRead: 30, cacheWrite: 10, reasoning: 10 };
const CALL = {
  model: { modelId: 'gpt-4o-mini' },
  params: {
    prompt: [{ role: 'user', content: [{ type: 'text', text: 'a question of 24 chars' }] }],
  },
};
const START = [
  { type: 'response-metadata', id: 'resp_1', modelId: 'gpt-4o-mini-2026' },
  { type: 'text-delta', id: '0', delta: 'eight...' },
];

const middleware = () => tollkeeperMiddleware({ tollkeeper: at.tollkeeper, customer: 'ada' });

const stream = (parts: readonly unknown[]) => {
  const rest = [...parts];
  const source = new ReadableStream<unknown>({
    pull: (controller) => {
      const part = rest.shift();
      if (part === undefined) controller.close();
      else if (part instanceof Error) controller.error(part);
      else controller.enqueue(part);
    },
  });
  return middleware().wrapStream({ ...CALL, doStream: async () => ({ stream: source }) });
};

async function read({ stream: parts }: { stream: ReadableStream<unknown> }, most = Infinity) {
  const seen: unknown[] = [];
  for await (const part of parts) if (seen.push(part) >= most) break;
  return seen;
}

test('a generated text is recorded, and the id of its response is kept', async () => {
  const result = { usage: USAGE, response: { id: 'resp_1' } };
  const seen = await middleware().wrapGenerate({ ...CALL, doGenerate: async () => result });
  expect(seen).toBe(result);
  const [event] = await at.ledger();
  expect(event).toMatchObject({
    ...{ customer: 'ada', model: 'gpt-4o-mini' },
    metadata: { responseId: 'resp_1' },
  });
  expect(event?.tokens).toEqual(TOKENS);
});

test('a streamed text is recorded by its last part', async () => {
  const parts = [...START, { type: 'finish', usage: USAGE }];
  expect(await read(await stream(parts))).toEqual(parts);
  const [event] = await at.ledger();
  expect(event).toMatchObject({
    metadata: { responseId: 'resp_1', reportedModel: 'gpt-4o-mini-2026' },
  });
  expect(event?.tokens).toEqual(TOKENS);
});

test.each([
  ['that the app leaves', START, 2],
  ['that ends without usage', START, Infinity],
  ['that breaks', [...START, new Error('broken')], Infinity],
])('a stream %s is recorded by an estimate', async (_how, parts, most) => {
  await read(await stream(parts), most).catch(() => undefined);
  expect(await at.ledger()).toMatchObject([
    { tokens: { input: 6, output: 2 }, metadata: { responseId: 'resp_1', estimated: 'true' } },
  ]);
});

test('a stream that fails at once has no usage', async () => {
  await read(await stream([{ type: 'error', error: 'refused' }]));
  expect(await at.ledger()).toEqual([]);
});

describe('a model of version 5, whose numbers are flat', () => {
  const flat = { inputTokens: 100, outputTokens: 20, totalTokens: 120 };
  const generate = async (result: object) => {
    const doGenerate = async () => result as { usage: typeof flat };
    await middleware().wrapGenerate({ ...CALL, doGenerate });
    const [event] = await at.ledger();
    return event?.tokens;
  };

  test('is read by what the provider said, where that came by', async () => {
    const usage = { input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 500 };
    expect(await generate({ usage: flat, response: { body: { usage } } })).toEqual({
      ...{ input: 100, output: 20, cacheRead: 500 },
    });
  });

  test.each([
    ['within the prompt', { cachedInputTokens: 40 }, { input: 60, output: 20, cacheRead: 40 }],
    [
      'beside the answer',
      { reasoningTokens: 7, totalTokens: 127 },
      { input: 100, output: 20, reasoning: 7 },
    ],
  ])('is read by its total where nothing else is known: %s', async (_where, more, tokens) => {
    expect(await generate({ usage: { ...flat, ...more } })).toEqual(tokens);
  });

  test('is asked for the provider’s events, which the app does not see', async () => {
    const { transformParams, wrapStream } = middleware();
    const model = { ...CALL.model, specificationVersion: 'v2' };
    const params = await transformParams({ params: CALL.params, type: 'stream', model });
    expect(params).toMatchObject({ includeRawChunks: true });
    const usage = { prompt_tokens: 100, completion_tokens: 20, prompt_cache_hit_tokens: 30 };
    const rawValue = { usage, service_tier: 'flex' };
    const parts = [...START, { type: 'raw', rawValue }, { type: 'finish', usage: flat }];
    const doStream = async () => ({ stream: ReadableStream.from(parts) });
    expect(await read(await wrapStream({ model, params, doStream }))).toEqual(
      parts.filter(({ type }) => type !== 'raw'),
    );
    expect(await at.ledger()).toMatchObject([
      { tokens: { input: 70, output: 20, cacheRead: 30 }, metadata: { serviceTier: 'flex' } },
    ]);
  });
});

test('embeddings are recorded as what was asked', async () => {
  const doEmbed = async () => ({ embeddings: [[1]], usage: { tokens: 12 } });
  await middleware().wrapEmbed({ ...CALL, params: { values: ['a'] }, doEmbed });
  expect(await at.ledger()).toMatchObject([
    { tokens: { input: 12 }, metadata: { endpoint: 'embeddings' } },
  ]);
});

test('pictures without tokens are not guessed', async () => {
  const doGenerate = async () => ({ images: ['…'] });
  await middleware().wrapGenerate({ ...CALL, params: { prompt: 'A cat' }, doGenerate });
  expect(await at.ledger()).toEqual([]);
  expect(at.errors).toEqual([]);
});

test('a stream that nobody reads any more is recorded when the client is closed', async () => {
  const { stream: parts } = await stream([...START, ...START, ...START]);
  const reader = parts.getReader();
  await reader.read();
  await reader.read();
  await at.tollkeeper.close();
  expect(at.acknowledged).toMatchObject([{ metadata: { estimated: 'true' } }]);
});
