/** What Tollkeeper is compared with: raw inserts, the seed's counter, one signal per event. */
import type { Client as TemporalClient } from '@temporalio/client';
import { Client } from 'pg';
import type { Pool } from 'pg';
import { startSenders } from './load';
import type { Load } from './load';
import { customerName, nextId, TOKENS_PER_EVENT } from './usage-requests';

const ROWS_PER_STATEMENT = 100;
const INSERT_CONNECTIONS = 4;
/** 16 bytes, as an array literal has them. */
const HASH = `\\\\x${'5e'.repeat(16)}`;
const SENDERS = 50;
const CUSTOMERS = 200;

/** As many values a row as the ledger takes, and nothing to find duplicates by. */
const RAW_INSERT = `
  insert into raw_usage_events (id, customer, model, vendor, input, output, cache_read, cache_write,
                                reasoning, occurred_at, metadata, content_hash)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
                       $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[], $11::jsonb[],
                       $12::bytea[])`;

/**
 * The ledger's columns and its primary key, without its other indexes: what Postgres could take.
 */
export async function createRawTable(pool: Pool): Promise<void> {
  await pool.query('create table raw_usage_events (like usage_events including defaults)');
  await pool.query('alter table raw_usage_events add primary key (id)');
}

export async function rawInserts(databaseUrl: string): Promise<Load> {
  const clients = await Promise.all(
    Array.from({ length: INSERT_CONNECTIONS }, async () => {
      const client = new Client({ connectionString: databaseUrl });
      await client.connect();
      return client;
    }),
  );
  const each = (value: string) => arrayOf(Array<string>(ROWS_PER_STATEMENT).fill(value));
  const customers = arrayOf(customerNames(ROWS_PER_STATEMENT));
  const counts = ['1200', '350', '0', '0', '0'].map(each);
  const [model, none, hash] = ['gpt-4o-mini', 'NULL', `"${HASH}"`].map(each);
  const load = startSenders(INSERT_CONNECTIONS, ROWS_PER_STATEMENT, (sender) => {
    const ids = arrayOf(Array.from({ length: ROWS_PER_STATEMENT }, nextId));
    const now = each(`"${new Date().toISOString()}"`);
    return (clients[sender] as Client).query({
      name: 'raw_insert',
      text: RAW_INSERT,
      values: [ids, customers, model, none, ...counts, now, none, hash],
    });
  });
  return {
    acknowledged: load.acknowledged,
    stop: async () => {
      await load.stop();
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}

export async function createCounterTable(pool: Pool): Promise<void> {
  await pool.query('create table seed_usage (customer text primary key, tokens bigint not null)');
  await pool.query('insert into seed_usage select unnest($1::text[]), 0', [
    customerNames(CUSTOMERS),
  ]);
}

/**
 * The seed's: read the customer's usage, add the call's tokens, write the sum back. Customers by
 * chance: in turn, no two calls of one customer would ever meet.
 */
export function readThenWrite(pool: Pool): Load {
  return startSenders(SENDERS, 1, async () => {
    const customer = customerName(Math.floor(Math.random() * CUSTOMERS));
    const { rows } = await pool.query<{ tokens: string }>({
      name: 'seed_read',
      text: 'select tokens from seed_usage where customer = $1',
      values: [customer],
    });
    await pool.query({
      name: 'seed_write',
      text: 'update seed_usage set tokens = $2 where customer = $1',
      values: [customer, Number(rows[0]?.tokens) + TOKENS_PER_EVENT],
    });
  });
}

/** The share of acknowledged tokens that the counters do not have, in percent. */
export async function lostByCounters(pool: Pool, acknowledged: number): Promise<number> {
  const { rows } = await pool.query<{ tokens: string }>(
    'select coalesce(sum(tokens), 0)::text as tokens from seed_usage',
  );
  return (1 - Number(rows[0]?.tokens) / (acknowledged * TOKENS_PER_EVENT)) * 100;
}

const SIGNALED = 'seedMeter';

/** Workflows that nobody runs: only taking the signals is measured, which favours this rival. */
export async function startSignaled(temporal: TemporalClient): Promise<void> {
  await Promise.all(
    customerNames(CUSTOMERS).map((customer) =>
      temporal.workflow.start(SIGNALED, {
        workflowId: `${SIGNALED}:${customer}`,
        taskQueue: SIGNALED,
      }),
    ),
  );
}

export function signalPerEvent(temporal: TemporalClient): Load {
  let turn = 0;
  return startSenders(SENDERS, 1, () =>
    temporal.workflow
      .getHandle(`${SIGNALED}:${customerName(turn++ % CUSTOMERS)}`)
      .signal('recordTokens', { id: nextId(), model: 'gpt-4o-mini', input: 1_200, output: 350 }),
  );
}

const arrayOf = (elements: readonly string[]) => `{${elements.join(',')}}`;

function customerNames(count: number): string[] {
  return Array.from({ length: count }, (_, number) => customerName(number));
}
