/**
 * Goal: a plan that a connection made when the ledger was empty, and keeps, reads a ledger of many
 * rows as one that is made for it would. Method: one connection, no statistics after it has made
 * its plans, and Postgres' own count of the rows that it read.
 */
import type { Pool } from 'pg';
import { createPool } from '../../../src/db/pool';
import { readDailyUsage, sumLedger } from '../../../src/db/usage-reports';
import { reading } from '../../support/ledger/steps';
import { createTestDatabase } from '../../support/stack/database';
import type { TestDatabase } from '../../support/stack/database';

const EVENTS = 60_000;
/** Events in each hour of the first days of January 2026, all of one customer. */
const HOURS = 240;
const PER_HOUR = EVENTS / HOURS;
/** The period begins and ends within a day, so that it has two edges of ten hours and fourteen. */
const START = Date.UTC(2026, 0, 2, 14) / 1000;
const END = Date.UTC(2026, 0, 9, 14) / 1000;

let database: TestDatabase;
/** It has one connection, which keeps its plans. */
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url, max: 1 });
  const { rows } = await pool.query<{ part: string }>('select name as part from usage_partitions');
  // Nothing but this test tells Postgres how much there is.
  for (const { part } of rows)
    await pool.query(`alter table ${part} set (autovacuum_enabled = false)`);
  await pool.query('vacuum analyze');
  await pool.end();
});
// It has read nothing of a ledger of before.
beforeEach(() => {
  pool = createPool({ connectionString: database.url, max: 1 });
});
afterEach(() => pool.end());
afterAll(() => database.drop());

async function fill(): Promise<void> {
  await pool.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     select 'm' || n, 'ada', 'gpt-4o', 1,
            timestamptz '2026-01-01T00:00:00Z' + (n % $2::int) * interval '1 hour', ''
       from generate_series(0, $1::int - 1) as n`,
    [EVENTS, HOURS],
  );
  await pool.query(
    `insert into usage_daily (customer, day, model, token_type, tokens)
     select 'ada', (occurred_at at time zone 'UTC')::date, model, 'input', count(*)
       from usage_events group by 2, 3`,
  );
  await pool.query('update sealing_state set horizon = pg_snapshot_xmax(pg_current_snapshot())');
}

const REPORTS = {
  sums: (customer = 'ada') => sumLedger(pool, customer, START, END),
  days: (customer = 'ada') => readDailyUsage(pool, customer, START, END),
};
/** Its plans are ada's, and what is read of her edges is read for the first time. */
const OTHER = 'bob';

test('reports whose plans are of an empty ledger read the edges of the period alone', async () => {
  for (const report of Object.values(REPORTS)) await report(OTHER);
  await fill();
  for (const report of Object.values(REPORTS)) {
    const { whole, byIndex } = await reading(pool, report);
    expect(whole).toBe(0);
    expect(byIndex).toBe(24 * PER_HOUR);
  }
  expect((await REPORTS.sums()).usedTokens).toBe(7 * 24 * PER_HOUR);
});

test('so they do when their plans are of a ledger with few rows, and statistics of it', async () => {
  await pool.query('delete from usage_events; delete from usage_daily');
  await pool.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     values ('few', 'ada', 'gpt-4o', 1, '2026-01-05T00:00:00Z', '')`,
  );
  await pool.query('vacuum analyze');
  for (const report of Object.values(REPORTS)) await report(OTHER);
  await pool.query('delete from usage_events');
  await fill();
  for (const report of Object.values(REPORTS))
    expect(await reading(pool, report)).toEqual({ whole: 0, byIndex: 24 * PER_HOUR });
});
