/** A stand-in for the batches of OpenAI and Anthropic: what is asked is answered at once. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Json } from './answer-cases';

export interface BatchServer {
  readonly url: string;
  /** Method and path of each request, in its order, with its headers. */
  readonly asked: { readonly request: string; readonly headers: IncomingHttpHeaders }[];
  /** What each batch has come to, by its id. */
  readonly results: Map<string, readonly Json[]>;
  /** The texts of files, by their ids. */
  readonly files: Map<string, string>;
  close(): Promise<void>;
}

/** Each answer has other counts, so that one that is missing or doubled is seen. */
export const countsOf = (place: number) => ({ input: 100 + place, output: 10 + place });

export async function startBatchServer(): Promise<BatchServer> {
  const server = { asked: [] as BatchServer['asked'], results: new Map(), files: new Map() };
  const http = createServer((request, response) => {
    server.asked.push({ request: `${request.method} ${request.url}`, headers: request.headers });
    answer(server, request, response).catch(() => response.destroy());
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    ...server,
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

type State = Pick<BatchServer, 'results' | 'files'>;

async function answer(state: State, request: IncomingMessage, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const { pathname } = new URL(String(request.url), 'http://provider');
  const [, , kind, id = '', more] = pathname.split('/');
  if (kind === 'files' && more === 'content') return void response.end(state.files.get(id));
  const type = request.headers['content-type'] ?? '';
  const object =
    kind === 'files' ? await file(state, id, body, type) : batch(state, pathname, body);
  if (typeof object === 'string') return void response.end(object);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(object));
}

async function file({ files }: State, known: string, body: Buffer, type: string): Promise<Json> {
  const id = known || `file-${files.size}`;
  if (known === '') {
    const form = await new Response(body, { headers: { 'content-type': type } }).formData();
    files.set(id, await (form.get('file') as File).text());
  }
  return { id, object: 'file', purpose: 'batch', bytes: files.get(id)?.length };
}

/** A text: its results. */
function batch(state: State, path: string, body: Buffer): Json | string {
  const [, anthropics, id] = /(messages\/)?batches\/?([^/]*)/.exec(path) ?? [];
  const { results } = state;
  if (path.endsWith('/results'))
    return (results.get(String(id)) ?? []).map((line) => JSON.stringify(line)).join('\n');
  if (id !== '') return anthropics ? anthropicBatch(String(id)) : openaiBatch(state, String(id));
  const asked = JSON.parse(body.toString('utf8')) as { input_file_id: string; requests: Json[] };
  if (anthropics) {
    const made = `msgbatch_${results.size}`;
    results.set(made, asked.requests.map(anthropicResult));
    return { ...anthropicBatch(made), processing_status: 'in_progress', results_url: null };
  }
  const made = `batch_${results.size}`;
  const lines = String(state.files.get(asked.input_file_id)).split('\n').filter(Boolean);
  results.set(made, lines.map((line) => JSON.parse(line) as Json).map(openaiResult));
  return { id: made, object: 'batch', status: 'in_progress', output_file_id: null };
}

function openaiBatch({ results, files }: State, id: string): Json {
  const output = `file-output-${id}`;
  const lines = results.get(id) ?? [];
  files.set(output, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { id, object: 'batch', status: 'completed', output_file_id: output };
}

const anthropicBatch = (id: string): Json => ({
  ...{ id, type: 'message_batch', processing_status: 'ended' },
  request_counts: { succeeded: 1, errored: 1 },
  results_url: `https://api.anthropic.invalid/v1/messages/batches/${id}/results`,
});

function openaiResult({ custom_id, body }: Json, place: number): Json {
  const { input, output } = countsOf(place);
  const { model, messages } = body as { model: string; messages: unknown };
  if (JSON.stringify(messages).includes('refused'))
    return { id: `batch_req_${place}`, custom_id, response: refusal, error: null };
  const completion = {
    ...{ id: `chatcmpl-${place}`, object: 'chat.completion', created: 1_700_000_000 },
    ...{ model: `${model}-2026-01-01`, choices: [] },
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  };
  const response = { status_code: 200, request_id: `req_${place}`, body: completion };
  return { id: `batch_req_${place}`, custom_id, response, error: null };
}

const refusal = { status_code: 400, body: { error: { message: 'Refused.' } } };

function anthropicResult({ custom_id, params }: Json, place: number): Json {
  const { input, output } = countsOf(place);
  const { model, messages } = params as { model: string; messages: unknown };
  if (JSON.stringify(messages).includes('refused'))
    return { custom_id, result: { type: 'errored', error: { type: 'invalid_request' } } };
  const usage = { input_tokens: input, output_tokens: output, service_tier: 'batch' };
  const message = { id: `msg_${place}`, type: 'message', role: 'assistant', model, content: [] };
  return { custom_id, result: { type: 'succeeded', message: { ...message, usage } } };
}
