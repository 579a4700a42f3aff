/** A stand-in for any provider of models: it answers as a case has it, whatever it is asked. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerCase, Json } from './answer-cases';

export interface AskedOfServer {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AnswerServer {
  readonly url: string;
  /** What came, in its order. */
  readonly asked: readonly AskedOfServer[];
  /** It answers so from now on. */
  play(answer: AnswerCase): void;
  /** The app reads no more: what is left of the stream is sent. */
  leave(): void;
  close(): Promise<void>;
}

const FLUSH_MS = 20;

export async function startAnswerServer(): Promise<AnswerServer> {
  let answerCase: AnswerCase | undefined;
  let leave: () => void = () => undefined;
  let leaving: Promise<void> = Promise.resolve();
  const asked: AskedOfServer[] = [];
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.once('end', () => {
      const { method = '', url: path = '', headers } = request;
      asked.push({ method, path, headers, body });
      if (answerCase) void answer(answerCase, String(request.url), response, leaving);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    asked,
    play: (next) => {
      answerCase = next;
      leaving = new Promise((resolve) => {
        leave = resolve;
      });
    },
    leave: () => leave(),
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function answer(
  { answer: plain, chunks, error, ...how }: AnswerCase,
  path: string,
  response: ServerResponse,
  leaving: Promise<void>,
): Promise<void> {
  if (!chunks) {
    const type = how.contentType ?? 'application/json';
    response.writeHead(error?.status ?? 200, { 'content-type': type });
    response.end(JSON.stringify(error?.body ?? plain));
    return;
  }
  response.writeHead(200, { 'content-type': how.contentType ?? 'text/event-stream' });
  const namesEvents = /\/(messages|responses)$|:streamRawPredict$/.test(path);
  for (const [number, chunk] of chunks.entries()) {
    if (number === how.breaksAfter) {
      // What was written has left by then.
      await pause(FLUSH_MS);
      return void response.destroy();
    }
    if (number === how.leftAfter) {
      await leaving;
      await pause(how.restAfterMs ?? 0);
    }
    if (response.destroyed) return;
    response.write(eventText(chunk, namesEvents));
  }
  response.end();
}

function eventText(chunk: Json | string, namesEvents: boolean): string {
  if (typeof chunk === 'string') return chunk === '[DONE]' ? 'data: [DONE]\n\n' : chunk;
  const name = namesEvents && 'type' in chunk ? `event: ${String(chunk.type)}\n` : '';
  return `${name}data: ${JSON.stringify(chunk)}\n\n`;
}
