/**
 * A stand-in for all providers of the matrix, which keeps the bill: what each attempt of a call has
 * used, as the provider counts it. What it answers is drawn by the seed.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Counts } from '../openai/openai-answers';
import { answerOf } from './answers';
import type { Answer } from './answer';
import { attemptOf, drawOf } from './matrix';
import type { Call, Ids, Way } from './matrix';

/** One attempt: it is billed from the moment that its answer begins. */
export interface Billed extends Call {
  readonly life: number;
  readonly counts: Counts;
  /** Words of its stream that were sent. */
  wordsSent: number;
  /** What it used was sent, too. */
  isWhole: boolean;
  /** Whoever asked has hung up, or has all of it. */
  isOver: boolean;
}

export interface StandIn {
  readonly url: string;
  readonly bill: readonly Billed[];
  close(): Promise<void>;
}

const ASKED = /call (\d+) of life (\d+) by (node|python|proxy),/;
/** A word is one token as estimates have it. */
const WORD = 'four';
const PLAIN_MS = 5;

export async function startStandIn(): Promise<StandIn> {
  const bill: Billed[] = [];
  const http = createServer((request, response) => {
    answer(bill, request, response).catch(() => response.destroy());
  });
  // Who is slow finds its idle connections as they were.
  http.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    bill,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function answer(bill: Billed[], request: IncomingMessage, response: ServerResponse) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const [, number, life, way] = ASKED.exec(text) ?? [];
  if (way === undefined) return void response.writeHead(404).end();
  const call = attemptOf(way as Way, Number(number), Number(life));
  const { counts, ids, words } = drawOf(call, Number(life));
  const id = idOf(ids, `${way}-${number}-${life}`);
  const parts = answerOf(call.provider, {
    ...{ model: call.model, id, counts, body: JSON.parse(text) as Record<string, unknown> },
    ...{ words: Array.from({ length: words }, () => WORD), callsTool: call.kind === 'tools' },
  });
  const billed: Billed = {
    ...{ ...call, life: Number(life), counts },
    ...{ wordsSent: 0, isWhole: false, isOver: false },
  };
  response.once('close', () => (billed.isOver = true));
  if (!call.isStream) await pause(PLAIN_MS);
  // Nobody is billed for what was not begun.
  if (response.destroyed) return;
  bill.push(billed);
  response.writeHead(200, {
    'content-type': contentTypeOf(call),
    ...(id !== undefined && { 'x-request-id': `req_${id}`, 'x-amzn-requestid': `req_${id}` }),
  });
  if (call.isStream) return stream(billed, parts, response);
  billed.isWhole = true;
  response.end(JSON.stringify(parts.plain));
}

const idOf = (ids: Ids, own: string): string | undefined =>
  ids === 'none' ? undefined : ids === 'same' ? '1' : own;

const contentTypeOf = ({ isStream, provider }: Call): string => {
  if (!isStream) return 'application/json';
  return provider === 'bedrock' ? 'application/vnd.amazon.eventstream' : 'text/event-stream';
};

/** To who will leave, the words are sent after which they do, and no more. */
async function stream(billed: Billed, { opening, words, ending }: Answer, to: ServerResponse) {
  for (const event of opening) to.write(event);
  const isLeft = billed.kind === 'aborted';
  for (const word of isLeft ? words.slice(0, billed.words) : words) {
    if (to.destroyed) return;
    billed.wordsSent += 1;
    to.write(word);
    await pause(1);
  }
  if (isLeft || to.destroyed) return;
  billed.isWhole = true;
  for (const event of ending) to.write(event);
  to.end();
}
