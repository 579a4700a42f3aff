/**
 * Goal: usage of a call survives the API, killed the moment its caller has the answer. Method: a
 * real process, killed after each answer, plain and streamed in turns, and started again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { createApiKey } from '../../src/db/api-keys';
import { createPool } from '../../src/db/pool';
import { startChild, untilReady } from '../../src/dev/processes/child-process';
import { freePort } from '../../src/dev/free-port';
import { createTestDatabase } from '../support/stack/database';
import type { TestDatabase } from '../support/stack/database';
import { eventually } from '../support/stack/eventually';
import { ask, billedBy } from '../support/openai/metered-openai';
import { startOpenAIServer } from '../support/openai/openai-server';
import type { OpenAIServer } from '../support/openai/openai-server';

const KILLS = 4;
const PROGRAM = join(__dirname, '..', '..', 'bin', 'tollkeeper.js');

let database: TestDatabase;
let pool: Pool;
let provider: OpenAIServer;
let dir: string;
let key: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url, max: 2 });
  provider = await startOpenAIServer();
  dir = await mkdtemp(join(tmpdir(), 'tollkeeper-proxy-kill-'));
  await pool.query(
    `insert into customers (customer, email, plan, subscription_id, billing_status)
     values ('ada', 'ada@example.com', 'starter', 'sub_1', 'active')`,
  );
  const proxyKey = { name: 'ada', scopes: ['proxy'], customer: 'ada' } as const;
  key = (await createApiKey(pool, proxyKey)).key;
});

afterAll(async () => {
  await provider.close();
  await pool.end();
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

async function startApi(port: number) {
  const child = await startChild({
    command: process.execPath,
    args: [PROGRAM, 'api'],
    logFile: join(dir, 'api.log'),
    channel: true,
    env: {
      ...process.env,
      PORT: String(port),
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
      STRIPE_SECRET_KEY: 'sk_test_none',
      STRIPE_WEBHOOK_SECRET: 'whsec_none',
      OPENAI_UPSTREAM_URL: provider.url,
      OPENAI_UPSTREAM_API_KEY: 'sk-upstream',
      OPENAI_SPOOL_DIRECTORY: join(dir, 'spool'),
    },
  });
  await untilReady(child, 'The API', async () => child.isReady(), 60_000);
  return child;
}

test('each answered call is in the ledger once, as it was billed', async () => {
  const port = await freePort();
  let api = await startApi(port);
  for (let kill = 0; kill < KILLS; kill += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ ...ask('hello'), ...(kill % 2 === 1 && { stream: true }) }),
    });
    await answer.text();
    process.kill(api.pid, 'SIGKILL');
    await api.exited;
    api = await startApi(port);
  }
  const read = async () => {
    const { rows } = await pool.query<{ id: string; input: string; output: string }>(
      `select metadata ->> 'responseId' as id, input, output from usage_events`,
    );
    return rows.map(({ id, input, output }) => ({
      id,
      tokens: { input: Number(input), output: Number(output) },
    }));
  };
  const events = await eventually(read, (rows) => rows.length >= KILLS);
  await api.stop();
  const byId = (a: { id?: string }, b: { id?: string }) => String(a.id).localeCompare(String(b.id));
  expect(events.sort(byId)).toEqual(billedBy(provider).sort(byId));
  expect(events).toHaveLength(KILLS);
}, 180_000);
