/**
 * What `/openai/v1` adds to a call of a model: the official client straight to a provider that
 * answers at once, and through the API as a process of its own, in turns. With the spool and its
 * fsync on the disk, and the usage on its way into the ledger meanwhile.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import OpenAI from 'openai';
import type { Pool } from 'pg';
import { createApiKey } from '../src/db/api-keys';
import { createPool } from '../src/db/pool';
import { answerAtOnce } from './answer-at-once';
import { percentile } from './figures';
import { askOnce, askStream, msOf } from './model-calls';
import type { Surroundings } from './surroundings';
import type { WrapperOverhead } from './wrapper-overhead';

const CUSTOMER = 'bench';
const WARM_UP_CALLS = 200;
const RECORDED_WITHIN_MS = 20_000;

/** Throws when usage of a call is not in the ledger. */
export async function measureProxy(
  surroundings: Surroundings,
  calls: number,
): Promise<WrapperOverhead> {
  const ledger = await surroundings.createLedger('proxy');
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-bench-proxy-'));
  const pool = createPool({ connectionString: ledger.databaseUrl, max: 1 });
  const provider = await startProvider();
  try {
    const key = await keyOfCustomer(pool);
    const env = {
      OPENAI_UPSTREAM_URL: provider.url,
      OPENAI_UPSTREAM_API_KEY: 'sk-bench',
      OPENAI_SPOOL_DIRECTORY: spool,
    };
    const api = await surroundings.run({ name: 'proxy-api', args: ['api'], ledger, env });
    const direct = new OpenAI({ baseURL: provider.url, apiKey: key, logLevel: 'off' });
    const baseURL = `${api.url}/openai/v1`;
    const proxied = new OpenAI({ baseURL, apiKey: key, logLevel: 'off' });
    const overhead = await compare(direct, proxied, calls);
    await checkRecorded(pool, calls + WARM_UP_CALLS);
    await api.stop();
    return overhead;
  } finally {
    await provider.close();
    await pool.end();
    await rm(spool, { recursive: true, force: true });
  }
}

async function compare(direct: OpenAI, proxied: OpenAI, calls: number): Promise<WrapperOverhead> {
  const directMs: number[] = [];
  const proxiedMs: number[] = [];
  for (let call = -WARM_UP_CALLS; call < calls; call += 1) {
    const make = call % 2 === 0 ? askOnce : askStream;
    // In turns, so that neither is always the first after a pause.
    const isDirectFirst = call % 4 < 2;
    for (const isDirect of [isDirectFirst, !isDirectFirst]) {
      const tookMs = await msOf(() => make(isDirect ? direct : proxied));
      if (call >= 0) (isDirect ? directMs : proxiedMs).push(tookMs);
    }
  }
  const added = (percent: number) => percentile(proxiedMs, percent) - percentile(directMs, percent);
  return { calls, p50Ms: added(50), p99Ms: added(99) };
}

async function startProvider() {
  const answer = answerAtOnce();
  const server = createServer(async (request, response) => {
    const { headers, parts } = answer(await text(request));
    response.writeHead(200, headers);
    for (const part of parts) response.write(part);
    response.end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function keyOfCustomer(pool: Pool): Promise<string> {
  await pool.query(
    `insert into customers (customer, email, plan, subscription_id, billing_status)
     values ($1, 'bench@example.com', 'starter', $1, 'active')`,
    [CUSTOMER],
  );
  const key = { name: 'proxy', scopes: ['proxy'], customer: CUSTOMER } as const;
  return (await createApiKey(pool, key)).key;
}

async function checkRecorded(pool: Pool, made: number): Promise<void> {
  const deadline = Date.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const { rows } = await pool.query<{ count: string }>('select count(*) from usage_events');
    const recorded = Number(rows[0]?.count);
    if (recorded === made) return;
    if (recorded > made || Date.now() > deadline)
      throw new Error(`Of ${made} calls ${recorded} are in the ledger: expected each once.`);
    await pause(100);
  }
}
