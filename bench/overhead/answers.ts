/** What providers without a model answer: fifty words, plain or as a stream, with their usage. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

const WORDS = 50;
const INPUT = 250;
const WORD = 'Little. ';
const TEXT = WORD.repeat(WORDS);
const CREATED = 1_760_000_000;

export interface Answer {
  readonly contentType: string;
  readonly parts: readonly string[];
}

/** `id` is of one answer. */
type Write = (id: string, isStream: boolean) => object | readonly object[];

const each = (make: (word: number) => object): object[] =>
  Array.from({ length: WORDS }, (_, word) => make(word));

const chat: Write = (id, isStream) => {
  const head = { id: `chatcmpl-${id}`, model: 'gpt-4o-mini', created: CREATED };
  const usage = { prompt_tokens: INPUT, completion_tokens: WORDS, total_tokens: INPUT + WORDS };
  const finish = { index: 0, finish_reason: 'stop', logprobs: null };
  const said = { role: 'assistant', content: TEXT, refusal: null };
  const answer = { ...head, object: 'chat.completion', system_fingerprint: null };
  if (!isStream) return { ...answer, choices: [{ ...finish, message: said }], usage };
  const chunk = (more: object) => ({ ...head, object: 'chat.completion.chunk', ...more });
  const delta = { role: 'assistant', content: WORD };
  return [
    ...each(() => chunk({ choices: [{ index: 0, delta, finish_reason: null }] })),
    chunk({ choices: [{ ...finish, delta: {} }] }),
    chunk({ choices: [], usage }),
  ];
};

const responses: Write = (id, isStream) => {
  const usage = { input_tokens: INPUT, output_tokens: WORDS, total_tokens: INPUT + WORDS };
  const content = [{ type: 'output_text', text: TEXT, annotations: [] }];
  const head = { id: `resp_${id}`, object: 'response', created_at: CREATED, model: 'gpt-4o-mini' };
  const message = { id: `msg_${id}`, type: 'message', role: 'assistant', status: 'completed' };
  const answer = { ...head, status: 'completed', output: [{ ...message, content }], usage };
  if (!isStream) return answer;
  const place = { item_id: message.id, output_index: 0, content_index: 0 };
  return [
    { type: 'response.created', response: { ...head, status: 'in_progress', output: [] } },
    ...each(() => ({ type: 'response.output_text.delta', ...place, delta: WORD })),
    { type: 'response.completed', response: answer },
  ];
};

const messages: Write = (id, isStream) => {
  const head = { id: `msg_${id}`, type: 'message', role: 'assistant', model: 'claude-haiku-4-5' };
  const usage = { input_tokens: INPUT, output_tokens: WORDS };
  const end = { stop_reason: 'end_turn', stop_sequence: null };
  if (!isStream) return { ...head, content: [{ type: 'text', text: TEXT }], ...end, usage };
  const begun = { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  const delta = { type: 'text_delta', text: WORD };
  return [
    { type: 'message_start', message: begun },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    ...each(() => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: end, usage: { output_tokens: WORDS } },
    { type: 'message_stop' },
  ];
};

const gemini: Write = (id, isStream) => {
  // Each chunk tells what all of them until there used.
  const usageMetadata = (words: number) => ({
    ...{ promptTokenCount: INPUT, candidatesTokenCount: words },
    totalTokenCount: INPUT + words,
  });
  const answer = (said: string, words: number, more: object) => ({
    candidates: [{ index: 0, content: { role: 'model', parts: [{ text: said }] }, ...more }],
    ...{ modelVersion: 'gemini-2.5-flash', responseId: id, usageMetadata: usageMetadata(words) },
  });
  const end = { finishReason: 'STOP' };
  if (!isStream) return answer(TEXT, WORDS, end);
  return [...each((word) => answer(WORD, word + 1, {})), answer('', WORDS, end)];
};

const bedrock: Write = () => ({
  output: { message: { role: 'assistant', content: [{ text: TEXT }] } },
  ...{ stopReason: 'end_turn', metrics: { latencyMs: 1 } },
  usage: { inputTokens: INPUT, outputTokens: WORDS, totalTokens: INPUT + WORDS },
});

const PROTOCOLS: readonly (readonly [path: RegExp, write: Write])[] = [
  [/\/chat\/completions$/, chat],
  [/\/responses$/, responses],
  [/\/messages$/, messages],
  [/:(stream)?generateContent/i, gemini],
  [/\/converse$/, bedrock],
];

/** Each answer has an id of its own. */
export function answerAtOnce(): (url: string, body: string) => Answer {
  let calls = 0;
  return (url, body) => {
    calls += 1;
    const { pathname } = new URL(url, 'http://provider');
    const write = PROTOCOLS.find(([path]) => path.test(pathname))?.[1];
    if (!write) throw new Error(`Nobody answers at ${pathname}: expected a call of a model.`);
    const isStream = /"stream": ?true/.test(body) || pathname.includes('streamGenerate');
    const answer = write(String(calls), isStream);
    if (!Array.isArray(answer))
      return { contentType: 'application/json', parts: [JSON.stringify(answer)] };
    const parts = answer.map((event: { type?: string }) => {
      const name = event.type === undefined ? '' : `event: ${event.type}\n`;
      return `${name}data: ${JSON.stringify(event)}\n\n`;
    });
    if (write === chat) parts.push('data: [DONE]\n\n');
    return { contentType: 'text/event-stream', parts };
  };
}

export interface Provider {
  readonly url: string;
  close(): Promise<void>;
}

/** It listens on this machine. Whatever is asked for at `/v1/usage` is acknowledged into `sink`. */
export async function startProvider(sink = { events: 0 }): Promise<Provider> {
  const answer = answerAtOnce();
  const server = createServer(async (request, response) => {
    const [url, body] = [String(request.url), await text(request)];
    if (url.endsWith('/v1/usage')) {
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify(acknowledged(body, sink)));
      return;
    }
    const { contentType, parts } = answer(url, body);
    response.writeHead(200, { 'content-type': contentType });
    for (const part of parts) response.write(part);
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** What the API says to a batch of usage events. */
export function acknowledged(body: string, sink: { events: number }): object {
  const { events } = JSON.parse(body) as { events: unknown[] };
  sink.events += events.length;
  return { results: events.map(() => ({ status: 'accepted' })) };
}

/** Throws when a call was not recorded once. */
export function checkEvents(of: string, { events }: { events: number }, made: number): void {
  if (events !== made)
    throw new Error(`${of}: of ${made} calls ${events} were recorded: expected each once.`);
}
