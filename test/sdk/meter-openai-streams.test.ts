/** Goal: a metered stream is to the app what it was, and is recorded however it ends. */
import { ask, drain, startMeteredOpenAI } from '../support/openai/metered-openai';
import type { MeteredOpenAI } from '../support/openai/metered-openai';

let at: MeteredOpenAI;

beforeEach(async () => {
  at = await startMeteredOpenAI();
});

afterEach(() => at.end());

test('an app that did not ask for usage sees the chunks it would see without us', async () => {
  const request = { ...ask('words 4'), stream: true } as const;
  const bare = await drain(await at.plainClient().chat.completions.create(request));
  const metered = await drain(await at.openai.chat.completions.create(request));
  const seen = (chunks: typeof bare) => chunks.map(({ choices }) => choices);
  expect(seen(metered)).toEqual(seen(bare));
});

test('an app that asked for usage gets it', async () => {
  const stream_options = { include_usage: true };
  const request = { ...ask('words 4'), stream: true, stream_options } as const;
  const chunks = await drain(await at.openai.chat.completions.create(request));
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } });
});

test('a provider that knows no stream_options is asked as the app asked', async () => {
  at.provider.knowsStreamOptions = false;
  await drain(await at.openai.chat.completions.create({ ...ask('words 8'), stream: true }));
  const [event] = await at.ledger();
  expect(event).toMatchObject({
    tokens: { input: 2, output: 12 },
    metadata: { estimated: 'true' },
  });
});

describe.each([
  ['chat', () => at.openai.chat.completions.create({ ...ask('slowly words 40'), stream: true })],
  [
    'response',
    () => at.openai.responses.create({ model: 'gpt-5', input: 'slowly words 40', stream: true }),
  ],
])('a streamed %s', (_kind, start) => {
  const isEstimate = async () => {
    const [event, ...others] = await at.ledger();
    expect(others).toEqual([]);
    expect(event?.metadata).toMatchObject({ responseId: at.billed()[0]?.id });
    // 15 characters were asked; at least one word of 6 characters came.
    expect(event?.tokens.input).toBe(4);
    expect(event?.tokens.output).toBeGreaterThan(1);
    expect(event?.tokens.output).toBeLessThan(60);
    expect(event?.metadata).toMatchObject({ estimated: 'true' });
  };

  test('that the app leaves is recorded by an estimate', async () => {
    let seen = 0;
    const stream = await start();
    for await (const item of stream) if ((seen += item ? 1 : 0) === 6) break;
    await isEstimate();
  });

  test('that the app aborts is recorded by an estimate', async () => {
    const stream = await start();
    let seen = 0;
    for await (const item of stream) if ((seen += item ? 1 : 0) === 6) stream.controller.abort();
    await isEstimate();
  });
});

test('a stream that breaks is recorded by an estimate, and breaks for the app as it would', async () => {
  const stream = await at.openai.chat.completions.create({
    ...ask('breaking words 40'),
    stream: true,
  });
  await expect(drain(stream)).rejects.toThrow('terminated');
  expect(await at.ledger()).toMatchObject([{ metadata: { estimated: 'true' } }]);
});
