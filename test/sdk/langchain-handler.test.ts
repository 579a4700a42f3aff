/** What LangChain.js tells a handler, in whatever order it can come, is recorded once or told. */
import { CUSTOMER_KEY, langchainHandler } from '../../src/sdk';
import type { HandlerOptions } from '../../src/sdk';
import { startMeteredOpenAI } from '../support/openai/metered-openai';
import type { MeteredOpenAI } from '../support/openai/metered-openai';

let at: MeteredOpenAI;

beforeEach(async () => {
  at = await startMeteredOpenAI();
});

afterEach(() => at.end());

const RUN = 'run-1';
const ASKED = [[{ content: 'Twenty characters ok' }]];
const EXTRA = { invocation_params: { model: 'gpt-4o-mini' } };

function begun(options: Partial<HandlerOptions> = { customer: 'ada' }, metadata = {}) {
  const handler = langchainHandler({ tollkeeper: at.tollkeeper, ...options });
  handler.handleChatModelStart({}, ASKED, RUN, undefined, EXTRA, [], metadata);
  return handler;
}

const endOf = (usage: object, facts: object = {}) => ({
  generations: [
    [{ text: 'Hi', message: { id: 'm-1', usage_metadata: usage, response_metadata: facts } }],
  ],
});

const USAGE = { input_tokens: 100, output_tokens: 20, total_tokens: 120 };

test('its sums contain their details, whatever tier is before a name', async () => {
  const input_token_details = { flex_cache_read: 30, cache_creation: 10 };
  const output_token_details = { reasoning: 5 };
  const details = { input_token_details, output_token_details };
  begun().handleLLMEnd(endOf({ ...USAGE, ...details }, { model_name: 'gpt-4o-mini-2024' }), RUN);
  const [event] = await at.ledger();
  expect(event).toMatchObject({
    ...{ customer: 'ada', model: 'gpt-4o-mini' },
    metadata: { endpoint: 'chat', reportedModel: 'gpt-4o-mini-2024', responseId: 'm-1' },
  });
  expect(event?.tokens).toEqual({
    ...{ input: 60, output: 15, cacheRead: 30, cacheWrite: 10, reasoning: 5 },
  });
});

test('what the provider said is taken where it says more', async () => {
  const usage = { input_tokens: 100, output_tokens: 20, cache_read_input_tokens: 500 };
  begun().handleLLMEnd(endOf(USAGE, { usage }), RUN);
  const [event] = await at.ledger();
  expect(event?.tokens).toEqual({ input: 100, output: 20, cacheRead: 500 });
});

test('a model that tells its usage by the older names is read', async () => {
  const tokenUsage = { promptTokens: 100, completionTokens: 20, totalTokens: 120 };
  const handler = langchainHandler({ tollkeeper: at.tollkeeper, customer: 'ada' });
  handler.handleLLMStart({}, ['Hello'], RUN, undefined, EXTRA);
  handler.handleLLMEnd({ generations: [[{ text: 'Hi' }]], llmOutput: { tokenUsage } }, RUN);
  expect(await at.ledger()).toMatchObject([{ tokens: { input: 100, output: 20 } }]);
});

test('a run’s own customer goes before the handler’s', async () => {
  begun({ customer: 'ada' }, { [CUSTOMER_KEY]: 'bo' }).handleLLMEnd(endOf(USAGE), RUN);
  expect(await at.ledger()).toMatchObject([{ customer: 'bo' }]);
});

test('a run that nobody pays for is told', async () => {
  begun({}).handleLLMEnd(endOf(USAGE), RUN);
  expect(await at.ledger()).toEqual([]);
  expect(at.errors).toMatchObject([{ code: 'meter_failed' }]);
});

test('an answer out of LangChain’s cache was asked of nobody', async () => {
  begun().handleLLMEnd(endOf(USAGE), RUN, undefined, [], { cached: true });
  expect(await at.ledger()).toEqual([]);
});

test('a call that ends twice counts once', async () => {
  const handler = begun();
  handler.handleLLMEnd(endOf(USAGE), RUN);
  handler.handleLLMEnd(endOf(USAGE), RUN);
  handler.handleLLMError(new Error('late'), RUN);
  expect(await at.ledger()).toHaveLength(1);
});

test.each([
  ['after some text is estimated', ['Twelve chars'], [{ tokens: { input: 5, output: 3 } }]],
  ['before any text is not recorded', [], []],
])('a call that fails %s', async (_how, texts, recorded) => {
  const handler = begun();
  for (const text of texts) handler.handleLLMNewToken(text, {}, RUN);
  handler.handleLLMError(new Error('broken'), RUN);
  expect(await at.ledger()).toMatchObject(recorded);
});

test('a stream that was left is recorded when the client is closed, and other calls are told', async () => {
  const handler = begun();
  handler.handleLLMNewToken('Twelve chars', {}, RUN);
  handler.handleChatModelStart({}, ASKED, 'run-2', undefined, EXTRA);
  await at.tollkeeper.close();
  expect(at.acknowledged).toMatchObject([
    { tokens: { input: 5, output: 3 }, metadata: { estimated: 'true' } },
  ]);
  expect(at.errors.map(({ message }) => message)).toEqual([
    'A call of gpt-4o-mini never ended: nothing of it is recorded.',
  ]);
});
