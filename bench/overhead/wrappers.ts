/**
 * What each wrapper of the SDK adds to a call of a model, by the newest clients of the tests,
 * against providers that answer at once in this process, with the spool on the disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as sdk from '../../src/sdk';
import { installClients } from '../../test/support/clients/install';
import { acknowledged, answerAtOnce, checkEvents } from './answers';
import { callsIn, overhead, takeTurns } from './turns';
import type { Compared, Overhead, Turns } from './turns';

interface Stage {
  readonly load: (name: string) => Promise<unknown>;
  readonly fetch: typeof globalThis.fetch;
  readonly sdk: typeof sdk;
  readonly to: { readonly tollkeeper: sdk.TollkeeperClient };
}

type Case = (stage: Stage) => Promise<Compared>;

/** Throws when usage of a call was not recorded. */
export async function measureWrappers(
  turns: Turns,
  measured: (overhead: Overhead) => void,
): Promise<void> {
  const cases = (await imported(join(__dirname, 'cases.mjs'))).CASES as Record<string, Case>;
  const { load } = await imported(join(await installClients('newest'), 'load.mjs'));
  for (const [of, start] of Object.entries(cases))
    measured(await measureWrapper(of, start, load as Stage['load'], turns));
}

async function measureWrapper(
  of: string,
  start: Case,
  load: Stage['load'],
  turns: Turns,
): Promise<Overhead> {
  const directory = await mkdtemp(join(tmpdir(), 'tollkeeper-bench-spool-'));
  const sink = { events: 0 };
  const tollkeeper = new sdk.TollkeeperClient({
    ...{ baseUrl: 'http://tollkeeper', apiKey: 'bench', spool: { directory } },
    fetch: async (_url, init) =>
      Response.json(acknowledged(String(init?.body), sink), { status: 202 }),
  });
  try {
    const compared = await start({ load, sdk, fetch: provider(), to: { tollkeeper } });
    const durations = await takeTurns(compared, turns);
    await tollkeeper.flush();
    checkEvents(of, sink, callsIn(turns));
    return overhead(of, durations);
  } finally {
    await tollkeeper.close();
    await rm(directory, { recursive: true, force: true });
  }
}

const imported = (path: string) =>
  import(pathToFileURL(path).href) as Promise<Record<string, unknown>>;

function provider(): typeof globalThis.fetch {
  const answer = answerAtOnce();
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const body = request && init?.body === undefined ? await request.text() : String(init?.body);
    const { contentType, parts } = answer(request?.url ?? String(input), body);
    return new Response(streamOf([...parts]), { headers: { 'content-type': contentType } });
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
