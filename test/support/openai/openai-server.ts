/** A stand-in that speaks OpenAI's API over HTTP and keeps the bill: what each answer used. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { chatMessage, chatUsage, countsOf, readAsked } from './openai-answers';
import { responseObject, responseUsage, wordsOf } from './openai-answers';
import type { Asked, Counts } from './openai-answers';
import { chatEvents, completionEvents, responseEvents } from './openai-streams';

export interface BilledCall extends Counts {
  readonly id: string;
  /** All that was asked, as JSON. */
  readonly conversation: string;
  /** False: the app hung up, or the stream broke; the counts are what it would have been. */
  isWhole: boolean;
}

export interface OpenAIServer {
  readonly url: string;
  readonly bill: Map<string, BilledCall>;
  /** What was asked, as it arrived. */
  readonly asked: Asked[];
  /** Its bodies. */
  readonly texts: string[];
  readonly headers: IncomingMessage['headers'][];
  /** Answers 400 to what it does not know, as an older server would. */
  knowsStreamOptions: boolean;
  close(): Promise<void>;
}

const SLOW_MS = 15;

export async function startOpenAIServer(): Promise<OpenAIServer> {
  let calls = 0;
  const http = createServer((request, response) => {
    calls += 1;
    // Unique over restarts of the process, too: ids are kept for ever.
    const call = new Call(server, request, response, `${Date.now().toString(36)}${calls}`);
    call.take().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: OpenAIServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    bill: new Map(),
    asked: [],
    texts: [],
    headers: [],
    knowsStreamOptions: true,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}

class Call {
  private readonly createdAt = Math.floor(Date.now() / 1000);
  private readonly requestId: string;

  constructor(
    private readonly server: OpenAIServer,
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly number: string,
  ) {
    this.requestId = `req_${number}`;
  }

  async take(): Promise<void> {
    const { pathname } = new URL(String(this.request.url), 'http://openai');
    let text = '';
    for await (const chunk of this.request.setEncoding('utf8')) text += chunk;
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    const asked = readAsked(pathname, body);
    this.server.asked.push(asked);
    this.server.texts.push(text);
    this.server.headers.push(this.request.headers);
    if (asked.text.includes('refused')) return this.refuse('Refused.');
    if (body.stream_options && !this.server.knowsStreamOptions)
      return this.refuse('Unknown parameter: stream_options.');
    if (asked.text.includes('slowly') && body.stream !== true) await pause(SLOW_MS);
    return this.answer(asked);
  }

  private answer(asked: Asked): Promise<void> | void {
    const words = wordsOf(asked);
    const counts = countsOf(asked, words.length);
    const created = { createdAt: this.createdAt, model: `${String(asked.body.model)}-2026-01-01` };
    const isStream = asked.body.stream === true;
    if (asked.path.endsWith('/chat/completions')) {
      const about = { id: `chatcmpl-${this.number}`, ...created };
      if (isStream)
        return this.stream(asked, about.id, counts, chatEvents(asked, about, words, counts));
      const message = chatMessage(asked, words);
      const finish_reason = message.content === null ? 'tool_calls' : 'stop';
      const choices = [{ index: 0, message, finish_reason, logprobs: null }];
      return this.plain(asked, about.id, counts, {
        ...{ id: about.id, object: 'chat.completion', created: this.createdAt },
        ...{ model: about.model, choices, usage: chatUsage(counts), system_fingerprint: null },
      });
    }
    if (asked.path.includes('/responses')) {
      const isLookup = this.request.method === 'GET';
      const known = isLookup ? String(asked.path.split('/').at(-1)) : undefined;
      const about = { id: known ?? `resp_${this.number}`, ...created };
      if (isStream)
        return this.stream(asked, about.id, counts, responseEvents(asked, about, words, counts));
      const lookedUp = { ...asked, body: { background: known?.includes('background') } };
      return this.plain(
        asked,
        about.id,
        counts,
        responseObject(isLookup ? lookedUp : asked, about, words, counts),
      );
    }
    if (asked.path.endsWith('/completions')) {
      const about = { id: `cmpl-${this.number}`, ...created };
      if (isStream)
        return this.stream(asked, about.id, counts, completionEvents(asked, about, words, counts));
      const choices = [{ index: 0, text: words.join(''), finish_reason: 'stop', logprobs: null }];
      return this.plain(asked, about.id, counts, {
        ...{ id: about.id, object: 'text_completion', created: this.createdAt },
        ...{ model: about.model, choices, usage: chatUsage(counts) },
      });
    }
    if (asked.path.endsWith('/embeddings')) {
      const usage = { prompt_tokens: counts.prompt, total_tokens: counts.prompt };
      const data = [{ object: 'embedding', index: 0, embedding: [0.5] }];
      const body = { object: 'list', data, model: about(asked), usage };
      return this.plain(asked, this.requestId, { ...counts, completion: 0, thinking: 0 }, body);
    }
    // A transcription: an upload, which is not read.
    const usage = { type: 'tokens', ...responseUsage(counts) };
    return this.plain(asked, this.requestId, counts, { text: words.join(''), usage });
  }

  private plain({ conversation }: Asked, id: string, counts: Counts, body: unknown): void {
    this.server.bill.set(id, { id, conversation, ...counts, isWhole: true });
    this.head(200, 'application/json');
    this.response.end(JSON.stringify(body));
  }

  private async stream(asked: Asked, id: string, counts: Counts, events: readonly string[]) {
    const billed = { id, conversation: asked.conversation, ...counts, isWhole: false };
    this.server.bill.set(id, billed);
    this.head(200, 'text/event-stream');
    const breaksAt = asked.text.includes('breaking') ? Math.ceil(events.length / 2) : Infinity;
    for (const [index, event] of events.entries()) {
      if (this.response.destroyed) return;
      if (index === breaksAt) {
        // What was written has left by then.
        await pause(SLOW_MS);
        return void this.response.destroy();
      }
      this.response.write(event);
      if (asked.text.includes('slowly')) await pause(SLOW_MS);
    }
    if (this.response.destroyed) return;
    billed.isWhole = true;
    this.response.end();
  }

  private refuse(message: string): void {
    this.head(400, 'application/json');
    const error = { message, type: 'invalid_request_error', param: null, code: null };
    this.response.end(JSON.stringify({ error }));
  }

  private head(status: number, contentType: string): void {
    this.response.writeHead(status, {
      'content-type': contentType,
      'x-request-id': this.requestId,
    });
  }
}

const about = ({ body }: Asked) => String(body.model);
