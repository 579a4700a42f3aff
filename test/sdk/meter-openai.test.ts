/**
 * Goal: every kind of call of the official client is metered as the provider bills it.
 * Method: the real `openai` client against a server that speaks its API and keeps the bill.
 */
import OpenAI, { APIUserAbortError, toFile } from 'openai';
import type { RunnableToolFunctionWithParse } from 'openai/lib/RunnableFunction';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { CUSTOMER_HEADER } from '../../src/sdk';
import { ask, asBilled, drain, startMeteredOpenAI } from '../support/openai/metered-openai';
import type { MeteredOpenAI } from '../support/openai/metered-openai';

let at: MeteredOpenAI;

beforeEach(async () => {
  at = await startMeteredOpenAI();
});

afterEach(() => at.end());

const tools: RunnableToolFunctionWithParse<{ city: string }>[] = [
  {
    type: 'function' as const,
    function: {
      name: 'weather',
      parameters: { type: 'object', properties: {} },
      function: () => 'rain',
      parse: (text: string) => JSON.parse(text) as { city: string },
      description: 'The weather',
    },
  },
];
const offered = [{ type: 'function' as const, function: { name: 'weather' } }];
const format = zodResponseFormat(z.object({ answer: z.number() }), 'answer');

const KINDS: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['a chat', () => at.openai.chat.completions.create(ask('hello'))],
  ['a chat with cached tokens', () => at.openai.chat.completions.create(ask('cached'))],
  ['a chat that writes the cache', () => at.openai.chat.completions.create(ask('cache written'))],
  ['a chat that reasons', () => at.openai.chat.completions.create(ask('thinking, cached'))],
  [
    'a chat that calls a tool',
    () => at.openai.chat.completions.create({ ...ask('weather'), tools: offered }),
  ],
  [
    'a parsed chat',
    () => at.openai.chat.completions.parse({ ...ask('x'), response_format: format }),
  ],
  [
    'tools run by the client',
    () => at.openai.chat.completions.runTools({ ...ask('weather'), tools }).finalContent(),
  ],
  [
    'tools run while streaming',
    () => at.openai.chat.completions.runTools({ ...ask('weather'), tools, stream: true }).done(),
  ],
  [
    'a streamed chat',
    async () =>
      drain(await at.openai.chat.completions.create({ ...ask('thinking'), stream: true })),
  ],
  [
    'a streamed tool call',
    async () =>
      drain(await at.openai.chat.completions.create({ ...ask('x'), tools: offered, stream: true })),
  ],
  [
    'a chat by the stream reader',
    () => at.openai.chat.completions.stream(ask('hello')).finalMessage(),
  ],
  [
    'a chat with its response',
    () => at.openai.chat.completions.create(ask('hello')).withResponse(),
  ],
  [
    'a chat as a bare response',
    async () => (await at.openai.chat.completions.create(ask('hello')).asResponse()).json(),
  ],
  ['a response', () => at.openai.responses.create({ model: 'gpt-5', input: 'thinking, cached' })],
  ['a parsed response', () => at.openai.responses.parse({ model: 'gpt-5', input: 'hello' })],
  [
    'a streamed response',
    async () =>
      drain(await at.openai.responses.create({ model: 'gpt-5', input: 'cached', stream: true })),
  ],
  [
    'a response by the stream reader',
    () => at.openai.responses.stream({ model: 'gpt-5', input: 'hello' }).finalResponse(),
  ],
  ['an embedding', () => at.openai.embeddings.create({ model: 'embed', input: 'hello' })],
  ['a completion', () => at.openai.completions.create({ model: 'old', prompt: 'hello' })],
  [
    'a streamed completion',
    async () =>
      drain(await at.openai.completions.create({ model: 'old', prompt: 'hello', stream: true })),
  ],
  [
    'a transcription',
    async () =>
      at.openai.audio.transcriptions.create({
        model: 'gpt-4o-transcribe',
        file: await toFile(Buffer.from('sound'), 'a.wav'),
      }),
  ],
];

test.each(KINDS)('%s is recorded as it is billed', async (_kind, call) => {
  await call();
  const events = await at.ledger();
  expect(events.map(asBilled)).toEqual(at.billed());
  expect(events.length).toBeGreaterThan(0);
  expect(events.every(({ customer }) => customer === 'ada')).toBe(true);
  expect(at.errors).toEqual([]);
});

test('usage goes by the model that was asked for, with the one that answered beside it', async () => {
  await at.openai.chat.completions.create(ask('hello'));
  const [event] = await at.ledger();
  expect(event).toMatchObject({
    model: 'gpt-4o-mini',
    metadata: { endpoint: 'chat', reportedModel: 'gpt-4o-mini-2026-01-01' },
  });
});

test('calls that failed have no usage', async () => {
  await expect(at.openai.chat.completions.create(ask('refused'))).rejects.toThrow('Refused');
  const aborted = at.openai.chat.completions.create(ask('slowly'), {
    signal: AbortSignal.timeout(5),
  });
  await expect(aborted).rejects.toThrow(APIUserAbortError);
  expect(await at.ledger()).toEqual([]);
});

test('a response in the background is recorded once, when it is looked up', async () => {
  for (let time = 0; time < 2; time += 1) await at.openai.responses.retrieve('resp_background');
  await at.openai.responses.retrieve('resp_other');
  expect(await at.ledger()).toMatchObject([{ id: 'resp_background' }]);
  expect(at.errors).toEqual([]);
});

test('the customer may be told by a function, or by a header that stays here', async () => {
  const client = at.meteredFor(({ model }) => `by-${model}`);
  await client.chat.completions.create(ask('hello'));
  await client.chat.completions.create(ask('hello'), { headers: { [CUSTOMER_HEADER]: 'bo' } });
  expect((await at.ledger()).map(({ customer }) => customer)).toEqual(['by-gpt-4o-mini', 'bo']);
  expect(at.provider.headers.some((headers) => CUSTOMER_HEADER in headers)).toBe(false);
});

test('a call whose customer is not known goes on, and is told', async () => {
  const client = at.meteredFor(() => '');
  const { choices } = await client.chat.completions.create(ask('words 1'));
  expect(choices[0]?.message.content).toBe('word0 ');
  expect(at.errors).toMatchObject([{ code: 'meter_failed' }]);
});

test('a failure to record never reaches the call', async () => {
  await at.tollkeeper.close();
  const { choices } = await at.openai.chat.completions.create(ask('words 1'));
  expect(choices[0]?.message.content).toBe('word0 ');
  expect(at.errors).toMatchObject([{ code: 'meter_failed' }]);
});

test('the client keeps its class and its options', () => {
  expect(at.openai).toBeInstanceOf(OpenAI);
  expect(at.openai.baseURL).toBe(at.provider.url);
});
