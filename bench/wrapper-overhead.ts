/**
 * What `meterOpenAI` adds to a call of a model: the official client with it and without it, in
 * turns, against a provider that answers at once in this process, with the spool on the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { meterOpenAI, TollkeeperClient } from '../src/sdk';
import { answerAtOnce } from './answer-at-once';
import { percentile } from './figures';
import { askOnce, askStream, msOf } from './model-calls';

export interface WrapperOverhead {
  /** With and without, each; half of them streams. */
  readonly calls: number;
  /**
   * By so much the percentile of calls with the wrapper is above that of calls without it. Not the
   * percentile of differences, which on a busy machine is the machine's own.
   */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const WARM_UP_CALLS = 200;

/** Throws when usage of a call was not recorded. */
export async function measureWrapper(calls: number): Promise<WrapperOverhead> {
  const directory = await mkdtemp(join(tmpdir(), 'tollkeeper-bench-spool-'));
  const sink = { events: 0 };
  const tollkeeper = new TollkeeperClient({
    baseUrl: 'http://tollkeeper',
    apiKey: 'bench',
    spool: { directory },
    fetch: async (_url, init) => acknowledge(String(init?.body), sink),
  });
  const plain = new OpenAI({ apiKey: 'bench', fetch: provider(), logLevel: 'off' });
  const metered = meterOpenAI(plain, { tollkeeper, customer: 'bench' });
  const plainMs: number[] = [];
  const meteredMs: number[] = [];
  try {
    for (let call = -WARM_UP_CALLS; call < calls; call += 1) {
      const make = call % 2 === 0 ? askOnce : askStream;
      // In turns, so that neither is always the first after a pause.
      const isPlainFirst = call % 4 < 2;
      for (const isPlain of [isPlainFirst, !isPlainFirst]) {
        const tookMs = await msOf(() => make(isPlain ? plain : metered));
        if (call >= 0) (isPlain ? plainMs : meteredMs).push(tookMs);
      }
    }
    await tollkeeper.flush();
    const made = calls + WARM_UP_CALLS;
    if (sink.events !== made)
      throw new Error(`Of ${made} metered calls ${sink.events} were recorded: expected each once.`);
  } finally {
    await tollkeeper.close();
    await rm(directory, { recursive: true, force: true });
  }
  const added = (percent: number) => percentile(meteredMs, percent) - percentile(plainMs, percent);
  return { calls, p50Ms: added(50), p99Ms: added(99) };
}

function provider(): typeof globalThis.fetch {
  const answer = answerAtOnce();
  return async (_url, init) => {
    const { headers, parts } = answer(String(init?.body));
    return new Response(streamOf([...parts]), { headers });
  };
}

function streamOf(parts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull: (controller) => {
      const part = parts.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(Buffer.from(part));
    },
  });
}

function acknowledge(body: string, sink: { events: number }): Response {
  const { events } = JSON.parse(body) as { events: unknown[] };
  sink.events += events.length;
  const results = events.map(() => ({ status: 'accepted' }));
  return Response.json({ results }, { status: 202 });
}
