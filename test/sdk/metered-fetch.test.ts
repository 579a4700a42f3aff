/** A metered `fetch` stands where clients call theirs, and changes nothing for them. */
import { Readable } from 'node:stream';
import { meteredFetch } from '../../src/sdk';
import { CALL_HEADER } from '../../src/sdk/headers';
import { startMeteredOpenAI } from '../support/openai/metered-openai';
import type { MeteredOpenAI } from '../support/openai/metered-openai';

let at: MeteredOpenAI;

beforeEach(async () => {
  at = await startMeteredOpenAI();
});

afterEach(() => at.end());

const USAGE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
const ANSWER = {
  id: 'chatcmpl-123',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  usage: USAGE,
};
const EVENTS = [
  { id: 'c', choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] },
  { id: 'c', choices: [], usage: USAGE },
].map((event) => `data: ${JSON.stringify(event)}\n\n`);

const metered = (fetch: typeof globalThis.fetch) =>
  meteredFetch(fetch, { tollkeeper: at.tollkeeper, customer: 'ada' });

const URL_OF_CHATS = 'http://127.0.0.1:9/v1/chat/completions';

const asked = (more: Record<string, unknown> = {}, headers: Record<string, string> = {}) => ({
  method: 'POST',
  headers,
  body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hello' }], ...more }),
});

const answering = (headers: Record<string, string> = {}) =>
  metered(async () => Response.json(ANSWER, { headers }));

test('calls whose server repeats its ids are each recorded', async () => {
  const fetch = answering();
  for (let call = 0; call < 3; call += 1) await (await fetch(URL_OF_CHATS, asked())).text();
  const events = await at.ledger();
  expect(events).toHaveLength(3);
  expect(new Set(events.map(({ id }) => id)).size).toBe(3);
  expect(events.map(({ metadata }) => metadata?.responseId)).toEqual(
    Array.from({ length: 3 }, () => 'chatcmpl-123'),
  );
});

test('a call that our proxy has recorded is known by the proxy’s id', async () => {
  await (await answering({ [CALL_HEADER]: 'of-the-proxy' })(URL_OF_CHATS, asked())).text();
  expect(await at.ledger()).toMatchObject([{ id: 'of-the-proxy' }]);
});

test('an app that asks for it has the provider’s id as the usage event’s', async () => {
  const options = { tollkeeper: at.tollkeeper, customer: 'ada', id: 'provider' } as const;
  const fetch = meteredFetch(async () => Response.json(ANSWER), options);
  await (await fetch(URL_OF_CHATS, asked())).text();
  expect(await at.ledger()).toMatchObject([{ id: 'chatcmpl-123' }]);
});

test('a body that Node has made, as version 4 gets it, is read like any other', async () => {
  const body = Readable.from(EVENTS.map((text) => Buffer.from(text)));
  const answer = { ok: true, status: 200, statusText: 'OK', url: URL_OF_CHATS, body };
  const headers = new Headers({ 'content-type': 'text/event-stream' });
  const fetch = metered(async () => ({ ...answer, headers }) as unknown as Response);
  const response = await fetch(URL_OF_CHATS, asked({ stream: true }));
  expect(await response.text()).toBe(EVENTS[0]);
  expect(await at.ledger()).toMatchObject([{ tokens: { input: 100, output: 20 } }]);
});

test('a request that we made longer does not say how long it was', async () => {
  const lengths: (string | null)[] = [];
  const fetch = metered(async (_input, init) => {
    lengths.push(new Headers(init?.headers).get('content-length'));
    return new Response(EVENTS.join(''), { headers: { 'content-type': 'text/event-stream' } });
  });
  await (await fetch(URL_OF_CHATS, asked({ stream: true }, { 'content-length': '36' }))).text();
  expect(lengths).toEqual([null]);
});

test('a provider that refuses what we added without naming it is asked as the app asked', async () => {
  const bodies: string[] = [];
  const fetch = metered(async (_input, init) => {
    bodies.push(String(init?.body));
    const isAsked = String(init?.body).includes('stream_options');
    if (isAsked)
      return Response.json({ detail: 'Extra inputs are not permitted' }, { status: 422 });
    return new Response(EVENTS.join(''), { headers: { 'content-type': 'text/event-stream' } });
  });
  const response = await fetch(URL_OF_CHATS, asked({ stream: true }));
  expect(response.status).toBe(200);
  expect(bodies).toHaveLength(2);
});

test('a client that asks by a Request is metered as any other', async () => {
  const bodies: string[] = [];
  const fetch = metered(async (input, init) => {
    bodies.push(await new Request(input, init).text());
    return new Response(EVENTS.join(''), { headers: { 'content-type': 'text/event-stream' } });
  });
  const response = await fetch(new Request(URL_OF_CHATS, asked({ stream: true })));
  expect(await response.text()).toBe(EVENTS[0]);
  expect(bodies).toEqual([expect.stringContaining('include_usage')]);
  expect(await at.ledger()).toMatchObject([{ model: 'm', tokens: { input: 100, output: 20 } }]);
});

test('an upload by a Request is sent as it is', async () => {
  const form = new FormData();
  form.set('model', 'whisper-1');
  form.set('file', new Blob(['sound']), 'a.wav');
  const models: unknown[] = [];
  const fetch = metered(async (input, init) => {
    models.push((await new Request(input, init).formData()).get('model'));
    return Response.json({ text: 'Hi', usage: { input_tokens: 9, output_tokens: 1 } });
  });
  const url = URL_OF_CHATS.replace('chat/completions', 'audio/transcriptions');
  await (await fetch(new Request(url, { method: 'POST', body: form }))).text();
  expect(models).toEqual(['whisper-1']);
  expect(await at.ledger()).toMatchObject([
    { model: 'whisper-1', tokens: { input: 9, output: 1 } },
  ]);
});

test('what is metered already is recorded once, by the later word', async () => {
  const options = { tollkeeper: at.tollkeeper, customer: 'bo' };
  await (await meteredFetch(answering(), options)(URL_OF_CHATS, asked())).text();
  expect(await at.ledger()).toMatchObject([{ customer: 'bo' }]);
});

test.each([
  ['v1/messages/batches', 1],
  ['v1/batches', 1],
  ['v1beta/models/gemini-2.5-flash:batchGenerateContent', 1],
  ['v1/messages/count_tokens', 0],
  ['v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict', 0],
])('a batch is no call, and is told: %s', async (path, told) => {
  const fetch = metered(async () => Response.json({ id: 'batch_1', input_tokens: 3 }));
  await (await fetch(`http://127.0.0.1:9/${path}`, asked())).text();
  expect(await at.ledger()).toEqual([]);
  expect(at.errors).toHaveLength(told);
});
