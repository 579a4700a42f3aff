/**
 * Goal: calls by the Vercel AI SDK are recorded as its models tell their usage.
 * Method: a model of the shape that `ai` 6 gives to a middleware; `ai` itself is no part of this
 * repository.
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
