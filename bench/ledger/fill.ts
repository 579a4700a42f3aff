/**
 * A ledger as it is after months: partitions of the past, and a running month that is full. Rows
 * are written by SQL and indexed afterwards; the same seed makes the same rows.
 */
import type { Pool } from 'pg';
import { readable } from '../figures';

/** The running one and those before it. */
export const MONTHS = 4;
export const CUSTOMERS = 10_000;

const ROWS_PER_STATEMENT = 1_000_000;
const SESSION = `set synchronous_commit = off; set maintenance_work_mem = '1GB';
                 set timezone = 'UTC'; set jit = off`;

export const customerName = (number: number): string =>
  `customer-${String(number).padStart(5, '0')}`;

/** Some use much and most little: a tenth of the customers have about half of all usage. */
export const customerOf = (share: number): string =>
  customerName(Math.floor(CUSTOMERS * share ** 3));

interface Month {
  readonly table: string;
  /** SQL of a time, UTC. */
  readonly start: string;
  readonly end: string;
}

const monthAgo = (months: number): string =>
  `date_trunc('month', now() - interval '${months} months', 'UTC')`;

/**
 * Each month has as many rows, or the oldest alone has all of them; those to come have none.
 * Nothing else may use the ledger.
 */
export async function fillLedger(
  pool: Pool,
  { rows, seed, isOneMonth = false }: { rows: number; seed: number; isOneMonth?: boolean },
  progress: (line: string) => void,
): Promise<void> {
  const months = await emptyMonths(pool);
  const rowsOfMonth = (index: number): number => {
    if (isOneMonth) return index === 0 ? rows : 0;
    return Math.ceil(rows / MONTHS);
  };
  let written = 0;
  const told = (count: number) => {
    written += count;
    if (count > 0) progress(`Ledger of ${readable(rows)} rows: ${readable(written)} written`);
  };
  // Two at a time, as many as small machines have cores.
  for (let first = 0; first < months.length; first += 2)
    await Promise.all(
      months
        .slice(first, first + 2)
        .map((month, index) =>
          fillMonth(
            pool,
            month,
            { rows: rowsOfMonth(first + index), seed: seed * 100 + first + index },
            told,
          ),
        ),
    );
  await pool.query('select make_usage_partitions()');
  // Nothing of it waits to be sealed.
  await pool.query(`update sealing_state set horizon = pg_snapshot_xmin(pg_current_snapshot())`);
  await pool.query('analyze');
}

/** Takes a new ledger's partitions away, and names a table for each month in their place. */
async function emptyMonths(pool: Pool): Promise<Month[]> {
  const { rows } = await pool.query<{ name: string }>('select name from usage_partitions');
  for (const { name } of rows) await pool.query(`drop table ${name}`);
  await pool.query(
    `create or replace function usage_partition_start(at timestamptz) returns timestamptz
       language sql stable return date_trunc('month', at, 'UTC')`,
  );
  await pool.query(
    `do $$ begin execute format('create table usage_events_first partition of usage_events
       for values from (''-infinity'') to (%L)', ${monthAgo(MONTHS - 1)}); end $$`,
  );
  const months: Month[] = [];
  for (let ago = MONTHS - 1; ago >= 0; ago -= 1) {
    const start = monthAgo(ago);
    const named = await pool.query<{ name: string }>(
      `select 'usage_events_' || to_char(${start} at time zone 'UTC', 'YYYY_MM') as name`,
    );
    const table = String(named.rows[0]?.name);
    months.push({ table, start, end: ago === 0 ? 'now()' : monthAgo(ago - 1) });
  }
  return months;
}

async function fillMonth(
  pool: Pool,
  { table, start, end }: Month,
  { rows, seed }: { rows: number; seed: number },
  told: (count: number) => void,
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(SESSION);
    await client.query(
      `create table ${table} (like usage_events including defaults including storage)`,
    );
    for (let from = 0; from < rows; from += ROWS_PER_STATEMENT) {
      const to = Math.min(rows, from + ROWS_PER_STATEMENT);
      await client.query(rowsOf(table, { start, end, rows, seed }), [from, to - 1]);
      told(to - from);
    }
    // Random keys leave the pages of an index seven tenths full; a build at once fills them more.
    await client.query(
      `alter table ${table} add primary key (customer, id) with (fillfactor = 70)`,
    );
    await client.query(`create index ${table}_tx on ${table} (tx)`);
    await client.query(
      `create index ${table}_customer_time on ${table} (customer, occurred_at)
         with (fillfactor = 70)`,
    );
    // Else the first who reads a page would write it.
    await client.query(`vacuum (freeze, analyze) ${table}`);
    await client.query(
      `do $$ begin execute format('alter table usage_events attach partition ${table}
         for values from (%L) to (%L)', ${start}, ${start} + interval '1 month'); end $$`,
    );
    told(0);
  } finally {
    await client.query('reset all');
    client.release();
  }
}

/**
 * Random from the row's number: its hash is id and content, and says whose it is. Transactions are
 * those of a young cluster, all before the horizon.
 */
const rowsOf = (
  table: string,
  { start, end, rows, seed }: { start: string; end: string; rows: number; seed: number },
): string => `
  insert into ${table} (id, customer, model, input, output, cache_read, occurred_at, recorded_at,
                        content_hash, tx)
  select 'chatcmpl-' || left(hash, 29),
         'customer-' || lpad(floor(${CUSTOMERS} * share * share * share)::int::text, 5, '0'),
         (array['gpt-4o-mini', 'gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5'])[1 + n % 4],
         200 + n % 3001, 50 + n % 701, case n % 3 when 0 then 1024 else 0 end,
         at, at + interval '1 second', decode(hash, 'hex'),
         (3 + n * 400 / ${rows})::text::xid8
    from generate_series($1::bigint, $2::bigint) as n
   cross join lateral (select md5('${seed}-' || n)) as hashed (hash)
   cross join lateral (select (hashint8(n # ${seed})::bigint + 2147483648) / 4294967296.0::float8)
                      as drawn (share)
   cross join lateral (select ${start} + n::float8 / ${rows} * ((${end}) - ${start}
                                - interval '2 seconds')) as timed (at)`;
