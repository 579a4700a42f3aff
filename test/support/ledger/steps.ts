/** What may happen to a ledger, in any order, and what is read of it. */
import fc from 'fast-check';
import type { Pool } from 'pg';
import { insertUsageEvents } from '../../../src/db/usage-events';
import type { LedgerRow } from '../../../src/db/usage-events';
import { drainLedger } from '../../../src/ingest/sealing';
import { aRow } from '../builders/ledger';

export const DAY = 86_400;
/** 2026-01-10T00:00:00Z */
export const MIDNIGHT = Date.UTC(2026, 0, 10) / 1000;

/** Milliseconds: often at a day's edge, or at one that a period has. */
const moments = fc
  .tuple(
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0, 1, 36_000, DAY - 1),
    fc.constantFrom(0, 1, 999),
  )
  .map(([day, second, ms]) => (MIDNIGHT + day * DAY + second) * 1000 + ms);

const usage = fc.record({
  customer: fc.constantFrom('ada', 'bob'),
  model: fc.constantFrom('gpt-4o', 'gpt-4o-mini'),
  vendor: fc.constantFrom(null, 'acme', 'globex'),
  occurredAt: moments.map((ms) => new Date(ms).toISOString()),
  input: fc.integer({ min: 0, max: 1_000 }),
  reasoning: fc.constantFrom(0, 7),
});
type Usage = typeof usage extends fc.Arbitrary<infer T> ? T : never;

/** What happens to the ledger, in any order; late usage is usage that comes after a sealing. */
export const steps = fc.oneof(
  fc.record({ kind: fc.constant('usage' as const), events: fc.array(usage, { maxLength: 8 }) }),
  fc.record({ kind: fc.constantFrom('seal' as const, 'settle' as const) }),
  // It can't be summed: sealing sets it aside.
  fc.record({ kind: fc.constant('poison' as const), occurredAt: moments }),
);

export const bounds = fc.tuple(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(0, 1, 36_000, DAY - 1),
  fc.constantFrom(0, 1, 100, DAY, 2 * DAY + 5, 6 * DAY),
);

let ids = 0;
export function rowOf({ input, reasoning, ...event }: Usage): LedgerRow {
  const tokens = { input, output: 0, cacheRead: 0, cacheWrite: 0, reasoning };
  return aRow(`u${(ids += 1)}`, { ...event, tokens });
}

async function poison(pool: Pool, occurredAt: number): Promise<void> {
  const id = `p${(ids += 1)}`;
  await insertUsageEvents(pool, [aRow(id, { occurredAt: new Date(occurredAt).toISOString() })]);
  await pool.query(
    'update usage_events set input = 9223372036854775807, output = 1 where id = $1',
    [id],
  );
}

type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

export async function play(pool: Pool, step: Step): Promise<void> {
  if (step.kind === 'usage') await insertUsageEvents(pool, step.events.map(rowOf));
  if (step.kind === 'seal') await drainLedger(pool, 'ada');
  if (step.kind === 'settle') await pool.query('update usage_quarantine set settled_at = now()');
  if (step.kind === 'poison') await poison(pool, step.occurredAt);
}

export const empty = (pool: Pool) =>
  pool.query('truncate usage_events, usage_batches, usage_daily, usage_quarantine cascade');

/** Events of a month, a row of the roll-up for each day, all of it sealed. */
export async function aMonth(pool: Pool, events: number): Promise<void> {
  await pool.query(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash)
     select 'm' || n, 'ada', 'gpt-4o', 1,
            timestamptz '2026-01-01T10:00:00Z' + n * interval '31 days' / $1::int, ''
       from generate_series(0, $1::int - 1) as n`,
    [events],
  );
  await pool.query(
    `insert into usage_daily (customer, day, model, token_type, tokens)
     select 'ada', (occurred_at at time zone 'UTC')::date, model, 'input', count(*)
       from usage_events group by 2, 3`,
  );
  await pool.query('update sealing_state set horizon = pg_snapshot_xmax(pg_current_snapshot())');
  await pool.query('analyze usage_events');
}

/** Rows of usage events, by Postgres' own count. */
export interface RowsRead {
  readonly whole: number;
  readonly byIndex: number;
}

async function readSoFar(pool: Pool): Promise<RowsRead> {
  await pool.query('select pg_stat_force_next_flush()');
  const { rows } = await pool.query<{ whole: string; byIndex: string }>(
    `select sum(seq_tup_read) as whole, sum(idx_tup_fetch) as "byIndex"
       from pg_stat_user_tables where relname like 'usage\\_events\\_%'`,
  );
  return { whole: Number(rows[0]?.whole), byIndex: Number(rows[0]?.byIndex) };
}

/** What the one connection of the pool reads of the ledger meanwhile. */
export async function reading(one: Pool, work: () => Promise<unknown>): Promise<RowsRead> {
  const before = await readSoFar(one);
  await work();
  const after = await readSoFar(one);
  return { whole: after.whole - before.whole, byIndex: after.byIndex - before.byIndex };
}

/** So many rows does this read, in whichever way; it ends the pool. */
export async function rowsRead(work: (one: Pool) => Promise<unknown>, one: Pool): Promise<number> {
  try {
    const { whole, byIndex } = await reading(one, () => work(one));
    return whole + byIndex;
  } finally {
    await one.end();
  }
}
