/** Goal: an app changes its base URL only, and what it calls is in the ledger as it was billed. */
import { request } from 'node:http';
import OpenAI, { toFile } from 'openai';
import { ask, asBilled, billedBy, drain } from '../../support/openai/metered-openai';
import { startProxiedOpenAI, UPSTREAM_KEY } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI } from '../../support/openai/proxied-openai';

let at: ProxiedOpenAI;
/** The same client without us between. */
let direct: OpenAI;

beforeEach(async () => {
  at = await startProxiedOpenAI();
  direct = new OpenAI({ baseURL: at.provider.url, apiKey: 'sk', maxRetries: 0, logLevel: 'off' });
});

afterEach(() => at.end());

const WEATHER = {
  type: 'function' as const,
  function: { name: 'weather', parameters: { type: 'object', properties: {} } },
};

test('every kind of call is in the ledger once, as the provider billed it', async () => {
  const { openai } = at;
  await openai.chat.completions.create(ask('plain, cached, cache written, thinking'));
  await drain(await openai.chat.completions.create({ ...ask('streamed'), stream: true }));
  await openai.chat.completions.create({ ...ask('which weather'), tools: [WEATHER] });
  await drain(
    await openai.chat.completions.create({ ...ask('weather'), tools: [WEATHER], stream: true }),
  );
  await openai.responses.create({ model: 'gpt-5', input: 'a response, thinking' });
  await drain(await openai.responses.create({ model: 'gpt-5', input: 'more', stream: true }));
  await openai.completions.create({ model: 'davinci', prompt: 'an old one' });
  await drain(
    await openai.completions.create({ model: 'davinci', prompt: 'another', stream: true }),
  );
  await openai.embeddings.create({ model: 'embed', input: 'a text' });
  const file = await toFile(Buffer.alloc(300_000, 'sound\r\n'), 'sound.wav');
  await openai.audio.transcriptions.create({ file, model: 'gpt-4o-transcribe' });
  const events = await at.ledger(10);
  expect(events.map(asBilled)).toEqual(expect.arrayContaining(billedBy(at.provider)));
  expect(events).toHaveLength(10);
  expect(new Set(events.map(({ customer }) => customer))).toEqual(new Set(['ada']));
  const models = new Set(events.map(({ model }) => model));
  expect([...models].sort()).toEqual([
    ...['davinci', 'embed', 'gpt-4o-mini', 'gpt-4o-transcribe', 'gpt-5'],
  ]);
  expect(events.some(({ metadata }) => 'estimated' in metadata)).toBe(false);
});

describe('an app that streams', () => {
  const request = { ...ask('words 4'), stream: true } as const;

  test('and did not ask for usage sees what it would see without us', async () => {
    const seen = async (openai: OpenAI) =>
      (await drain(await openai.chat.completions.create(request))).map(({ choices }) => choices);
    expect(await seen(at.openai)).toEqual(await seen(direct));
    expect(at.provider.asked[0]?.body.stream_options).toEqual({ include_usage: true });
  });

  test('and did ask gets it', async () => {
    const stream_options = { include_usage: true };
    const chunks = await drain(
      await at.openai.chat.completions.create({ ...request, stream_options }),
    );
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } });
  });

  test('is served by a provider that knows no stream_options, and recorded by an estimate', async () => {
    at.provider.knowsStreamOptions = false;
    await drain(await at.openai.chat.completions.create({ ...ask('words 8'), stream: true }));
    const [event] = await at.ledger(1);
    expect(event).toMatchObject({
      tokens: { input: 2, output: 12 },
      metadata: { estimated: 'true' },
    });
  });

  test('reads every event of a response byte by byte as the provider sent it', async () => {
    const body = JSON.stringify({ model: 'gpt-5', input: 'words 3', stream: true });
    const headers = { authorization: `Bearer ${at.openai.apiKey}` };
    const post = async (url: string) =>
      (await fetch(`${url}/responses`, { method: 'POST', body, headers })).text();
    const unnumbered = (text: string) => text.replace(/resp_\w+|"created_at":\d+/g, '');
    const [proxied, bare] = [await post(at.openai.baseURL), await post(at.provider.url)];
    expect(unnumbered(proxied)).toBe(unnumbered(bare));
    expect(proxied).toContain('response.completed');
  });
});

describe.each([
  ['chat', () => at.openai.chat.completions.create({ ...ask('slowly words 40'), stream: true })],
  [
    'response',
    () => at.openai.responses.create({ model: 'gpt-5', input: 'slowly words 40', stream: true }),
  ],
])('a streamed %s that the app aborts', (_kind, start) => {
  test('is ended at the provider, and recorded by an estimate that says so', async () => {
    const stream = await start();
    let seen = 0;
    for await (const item of stream) if ((seen += item ? 1 : 0) === 6) break;
    const [event] = await at.ledger(1);
    expect([...at.provider.bill.values()]).toMatchObject([
      { id: event?.metadata.responseId, isWhole: false },
    ]);
    expect(event?.metadata).toMatchObject({ estimated: 'true' });
    expect(event?.tokens.input).toBe(4);
    expect(event?.tokens.output).toBeGreaterThan(1);
    expect(event?.tokens.output).toBeLessThan(60);
  });
});

test('a stream that breaks at the provider breaks for the app, and is estimated', async () => {
  const request = { ...ask('breaking words 40'), stream: true } as const;
  await expect(drain(await at.openai.chat.completions.create(request))).rejects.toThrow(
    'terminated',
  );
  expect(await at.ledger(1)).toMatchObject([{ metadata: { estimated: 'true' } }]);
});

test('an error of the provider reaches the app untouched, and is not recorded', async () => {
  const request = ask('refused');
  const failure = (openai: OpenAI) =>
    openai.chat.completions.create(request).catch((error: unknown) => error);
  const [ours, bare] = [await failure(at.openai), await failure(direct)];
  expect(ours).toBeInstanceOf(OpenAI.BadRequestError);
  expect(ours).toMatchObject({ status: 400, error: (bare as { error: object }).error });
  const streamed = at.openai.chat.completions.create({ ...request, stream: true });
  await expect(streamed).rejects.toMatchObject({ status: 400, error: { message: 'Refused.' } });
  await at.openai.chat.completions.create(ask('good'));
  expect(await at.ledger(1)).toHaveLength(1);
});

test('a number that JavaScript would round reaches the provider as the app wrote it', async () => {
  const body =
    '{"seed":12345678901234567890,"model":"m","messages":[{"content":"x"}],"stream":true}';
  const headers = { authorization: `Bearer ${at.openai.apiKey}` };
  const url = `${at.openai.baseURL}/chat/completions`;
  await (await fetch(url, { method: 'POST', body, headers })).text();
  expect(at.provider.texts[0]).toBe(`{"stream_options":{"include_usage":true},${body.slice(1)}`);
});

test.each([
  '/chat/completions/',
  '/chat%2Fcompletions',
  '//chat/completions',
  '/x/../chat/completions',
  '/x/%2e%2e/chat/completions',
  '/Chat/Completions',
  '/ch%61t/completions',
  '/chat/completions?x=1',
])('no spelling of a path passes unmetered: %s', async (path) => {
  const body = JSON.stringify(ask('x'));
  const status = await postRaw(`/openai/v1${path}`, body);
  const events = status === 200 ? await at.ledger(1) : [];
  expect([status, events.length]).toEqual(status === 200 ? [200, 1] : [422, 0]);
  expect(at.provider.asked).toHaveLength(events.length);
});

/** As `fetch` would not, which tidies paths up. */
async function postRaw(path: string, body: string): Promise<number> {
  const headers = { authorization: `Bearer ${at.openai.apiKey}` };
  return new Promise((resolve, reject) => {
    const call = request(at.api.url, { path, method: 'POST', headers }, (answer) => {
      answer.resume().on('end', () => resolve(Number(answer.statusCode)));
    });
    call.on('error', reject).end(body);
  });
}

test('the key of the operator goes to the provider, and nothing of ours', async () => {
  const key = String(at.openai.apiKey);
  await at.openai.chat.completions.create(ask('a secret question'), {
    headers: {
      cookie: 'session=1',
      'x-api-key': key,
      'x-forwarded-for': '10.0.0.1',
      'x-tollkeeper-customer': 'eve',
      'x-request-id': 'chosen',
      'x-mine': 'passes',
    },
  });
  await at.ledger(1);
  const [headers] = at.provider.headers;
  expect(headers).toMatchObject({ authorization: `Bearer ${UPSTREAM_KEY}`, 'x-mine': 'passes' });
  expect(headers).not.toHaveProperty('cookie');
  expect(headers).not.toHaveProperty('x-forwarded-for');
  expect(headers).not.toHaveProperty('x-request-id');
  expect(headers).not.toHaveProperty('x-tollkeeper-customer');
  expect(JSON.stringify(at.provider.headers)).not.toContain(key);
  expect(at.logged()).not.toMatch(/secret question|tk_|sk-upstream/);
});
