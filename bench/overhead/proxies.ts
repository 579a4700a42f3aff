/**
 * What the proxy adds to a call of a model, by each of its doors: official clients straight to a
 * provider that answers at once, and through the API as a process of its own, in turns. With the
 * spool and its fsync on the disk, and the usage on its way into the ledger meanwhile.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Pool } from 'pg';
import { createApiKey } from '../../src/db/api-keys';
import { createPool } from '../../src/db/pool';
import type { Surroundings } from '../surroundings';
import { checkEvents, startProvider } from './answers';
import { callsIn, overhead, takeTurns } from './turns';
import type { Calls, Overhead, Turns } from './turns';

const CUSTOMER = 'bench';
const NAME = 'other';
const RECORDED_WITHIN_MS = 20_000;
const messages = [{ role: 'user' as const, content: 'What does it cost? '.repeat(50) }];

/** By the door: the client's calls of a base URL. */
const DOORS: Readonly<Record<string, (baseURL: string, apiKey: string) => Calls>> = {
  '/openai/v1': byOpenAI,
  '/anthropic/v1': byAnthropic,
  '/upstreams/NAME/v1': byOpenAI,
};

/** Throws when usage of a call is not in the ledger. */
export async function measureProxies(
  surroundings: Surroundings,
  turns: Turns,
  measured: (overhead: Overhead) => void,
): Promise<void> {
  const ledger = await surroundings.createLedger('proxy');
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-bench-proxy-'));
  const pool = createPool({ connectionString: ledger.databaseUrl, max: 1 });
  const provider = await startProvider();
  try {
    const key = await keyOfCustomer(pool);
    const env = {
      OPENAI_UPSTREAM_URL: `${provider.url}/v1`,
      OPENAI_UPSTREAM_API_KEY: 'sk-bench',
      ANTHROPIC_UPSTREAM_URL: `${provider.url}/v1`,
      ANTHROPIC_UPSTREAM_API_KEY: 'sk-bench',
      UPSTREAMS: JSON.stringify({ [NAME]: { url: `${provider.url}/v1`, apiKey: 'sk-bench' } }),
      OPENAI_SPOOL_DIRECTORY: spool,
    };
    const api = await surroundings.run({ name: 'proxy-api', args: ['api'], ledger, env });
    let made = 0;
    for (const [door, callsOf] of Object.entries(DOORS)) {
      const plain = callsOf(`${provider.url}/v1`, key);
      const metered = callsOf(`${api.url}${door.replace('NAME', NAME)}`, key);
      const durations = await takeTurns({ plain, metered }, turns);
      made += callsIn(turns);
      await checkRecorded(pool, door, made);
      measured(overhead(door, durations));
    }
    await api.stop();
  } finally {
    await provider.close();
    await pool.end();
    await rm(spool, { recursive: true, force: true });
  }
}

function byOpenAI(baseURL: string, apiKey: string): Calls {
  const { chat } = new OpenAI({ baseURL, apiKey, logLevel: 'off' });
  const asked = { model: 'gpt-4o-mini', messages };
  return {
    once: () => chat.completions.create(asked),
    stream: async () => read(await chat.completions.create({ ...asked, stream: true })),
  };
}

function byAnthropic(baseURL: string, apiKey: string): Calls {
  const root = baseURL.replace(/\/v1$/, '');
  const client = new Anthropic({ baseURL: root, apiKey, logLevel: 'off' });
  const asked = { model: 'claude-haiku-4-5', messages, max_tokens: 100 };
  return {
    once: () => client.messages.create(asked),
    stream: async () => read(await client.messages.create({ ...asked, stream: true })),
  };
}

async function read(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event;
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

async function checkRecorded(pool: Pool, door: string, made: number): Promise<void> {
  const deadline = Date.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const { rows } = await pool.query<{ count: string }>('select count(*) from usage_events');
    const events = Number(rows[0]?.count);
    if (events === made) return;
    if (events > made || Date.now() > deadline) checkEvents(door, { events }, made);
    await pause(100);
  }
}
