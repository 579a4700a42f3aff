/** Apps that read the answers of a case: by the official client, and by `fetch`. */
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';
import type { AnswerCase, Json } from './answer-cases';
import type { AnswerServer } from './answer-server';

/** An app is not shown the chunk of usage that it did not ask for. */
function shownChunks({ chunks = [], leftAfter, request }: AnswerCase): number {
  const { stream_options: options } = request.body as { stream_options?: Json };
  const isShown = (chunk: Json | string) =>
    typeof chunk === 'object' &&
    (options?.include_usage === true ||
      !(Array.isArray(chunk.choices) && chunk.choices.length === 0 && chunk.usage));
  return leftAfter === undefined ? Infinity : chunks.slice(0, leftAfter).filter(isShown).length;
}

/** Official clients are generated alike. */
export type PostingClient = Pick<OpenAI, 'post'> | Pick<Anthropic, 'post'>;

/** Rejects as the client does where the call fails or breaks. */
export async function readByClient(
  answer: AnswerCase,
  client: PostingClient,
  server: AnswerServer,
): Promise<void> {
  const { path, body } = answer.request;
  if (!answer.chunks) return void (await client.post(path, { body }));
  const most = shownChunks(answer);
  let seen = 0;
  const stream = (await client.post(path, { body, stream: true })) as AsyncIterable<unknown>;
  for await (const event of stream) if ((seen += event ? 1 : 0) === most) break;
  server.leave();
}

export async function readByFetch(
  answer: AnswerCase,
  fetch: typeof globalThis.fetch,
  url: string,
  server: AnswerServer,
  headers: Record<string, string> = {},
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(answer.request.body),
  });
  const most = shownChunks(answer);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString();
    if (text.split('\n\n').length > most) {
      await reader.cancel();
      break;
    }
  }
  server.leave();
}
