/**
 * Goal: however many years the ledger has, what is done all the time reads the partitions that it
 * is about, by their indexes. Method: a ledger of twelve months, and Postgres' own count of scans.
 */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Pool } from 'pg';
import { inLedgerSnapshot, proveBatches, usageEvents } from '../../../src/db/ledger-proof';
import { readPipelineLag } from '../../../src/db/pipeline-lag';
import { createPool } from '../../../src/db/pool';
import { findConflicts } from '../../../src/db/stored-usage-events';
import { insertUsageEvents } from '../../../src/db/usage-events';
import { readUsageEventPage } from '../../../src/db/usage-event-list';
import { sumLedger } from '../../../src/db/usage-reports';
import { drainLedger, sealOnce } from '../../../src/ingest/sealing';
import { aRow } from '../../support/builders/ledger';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';

const ROWS = 3_000;
const MONTHS = 12;
const DAY_SECONDS = 86_400;

let database: TestDatabase;
let pool: Pool;
let months: readonly { readonly name: string; readonly start: number }[];
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  // The first partition ended months ago, and the last of the others is today's.
  await pool.query(`drop table usage_events_first`);
  const { rows: made } = await pool.query<{ name: string }>('select name from usage_partitions');
  for (const { name } of made) await pool.query(`drop table ${name}`);
  await pool.query(
    `create table usage_events_first partition of usage_events for values from ('-infinity')
       to (date_trunc('month', now() - interval '${MONTHS - 2} months', 'UTC'))`,
  );
  await pool.query('select make_usage_partitions()');
  await pool.query(
    `create or replace function usage_partition_start(at timestamptz) returns timestamptz
       language sql stable return date_trunc('month', at, 'UTC')`,
  );
  const { rows } = await pool.query<{ name: string; start: number }>(
    `select name, extract(epoch from starts)::float8 as start from usage_partitions
      where isfinite(starts) and starts < now() order by starts`,
  );
  months = rows;
  for (const { start } of months)
    await pool.query(
      `insert into usage_events (id, customer, model, input, occurred_at, recorded_at, content_hash)
       select gen_random_uuid(), 'customer-' || n % 30, 'm', 1, at, at, '\\x00'
         from generate_series(1, $2::int) as n
        cross join lateral (select to_timestamp($1) + n * interval '1 second') as time (at)`,
      [start, ROWS],
    );
  await drainLedger(pool, 'customer-1');
  await pool.query('analyze usage_events');
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

interface Scans {
  readonly name: string;
  readonly rows: string;
  readonly whole: string;
  readonly byIndex: string;
}

/** Which months this reads as a whole, which by an index, and of which it found any rows. */
async function monthsRead(work: (one: Pool) => Promise<unknown>) {
  const one = createPool({ connectionString: database.url, max: 1 });
  const watcher = new Client({ connectionString: database.url });
  await watcher.connect();
  const scans = async (): Promise<Scans[]> => {
    await one.query('select pg_stat_force_next_flush()');
    const { rows } = await watcher.query<Scans>(
      `select relname as name, seq_scan as whole, idx_scan as "byIndex",
              seq_tup_read + idx_tup_fetch as rows
         from pg_stat_user_tables where relname = any ($1) order by relname`,
      [months.map(({ name }) => name)],
    );
    return rows;
  };
  try {
    const before = await scans();
    await work(one);
    const after = await scans();
    const changed = (key: 'whole' | 'byIndex' | 'rows') =>
      after.filter((row, index) => row[key] !== before[index]?.[key]).map(({ name }) => name);
    return { whole: changed('whole'), byIndex: changed('byIndex'), rows: changed('rows') };
  } finally {
    await one.end();
    await watcher.end();
  }
}

const lastMonths = (count: number) => months.slice(-count).map(({ name }) => name);
const monthBefore = () => months.at(-2)?.start ?? 0;
const span = (count: number) => {
  const start = months.at(-count)?.start ?? 0;
  return { start, end: start + 20 * DAY_SECONDS };
};

test('usage is looked up where its id may be, and nowhere before', async () => {
  const keys = Array.from({ length: 200 }, () => ({ id: randomUUID(), customer: 'customer-1' }));
  const recording = await monthsRead((one) =>
    insertUsageEvents(
      one,
      keys.map(({ id, customer }) => aRow(id, { customer })),
    ),
  );
  expect(recording.whole).toEqual([]);
  expect(lastMonths(3)).toEqual(expect.arrayContaining(recording.byIndex));
  expect(recording.byIndex).toContain(lastMonths(2)[0]);
  const sentAgain = keys.slice(0, 3).map((key) => ({ ...key, contentHash: '00' }));
  const finding = await monthsRead((one) => findConflicts(one, sentAgain));
  expect(finding.whole).toEqual([]);
});

test.each([
  [
    'its sums',
    (one: Pool, { start, end }: { start: number; end: number }) =>
      sumLedger(one, 'customer-1', start + 5, end + 5),
  ],
  [
    'its events, page by page',
    (one: Pool, { start: from, end: to }: { start: number; end: number }) =>
      readUsageEventPage(one, 'customer-1', { from, to }, { limit: 50 }),
  ],
  [
    'its proof',
    (one: Pool, period: { start: number; end: number }) =>
      inLedgerSnapshot(one, async (client) => {
        const events = [];
        for await (const event of usageEvents(client, 'customer-1', period)) events.push(event);
        expect(events.length).toBeGreaterThan(90);
        return proveBatches(client, 'customer-1', period);
      }),
  ],
])('of the period that ended last month %s need nothing of before', async (_, read) => {
  const { whole, rows } = await monthsRead((one) => read(one, span(2)));
  expect(whole).toEqual([]);
  expect(rows).toContain(lastMonths(2)[0]);
  // A month more for the day in which usage may have been ahead of its recording.
  expect(lastMonths(3)).toEqual(expect.arrayContaining(rows));
});

test('the events of a customer on a test clock are found whenever they were recorded', async () => {
  await pool.query(
    `insert into customers (customer, email, plan, test_clock) values ('clock', '', 'p', 'c')`,
  );
  await pool.query(
    `insert into usage_events (id, customer, model, input, occurred_at, recorded_at, content_hash)
     values ('ahead', 'clock', 'm', 7, to_timestamp($1), to_timestamp($2), '\\x00')`,
    [monthBefore() + 5, months[0]?.start],
  );
  const { usedTokens } = await sumLedger(pool, 'clock', monthBefore(), monthBefore() + DAY_SECONDS);
  expect(usedTokens).toBe(7);
});

test('sealing, and what is told of it, reads by index and only what is new', async () => {
  await insertUsageEvents(pool, [aRow(randomUUID())]);
  const { whole } = await monthsRead(async (one) => {
    await sealOnce(one);
    await readPipelineLag(one);
  });
  expect(whole).toEqual([]);
});
