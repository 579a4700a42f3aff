/** A ledger that is some months old, in a test's database that has no usage yet. */
import type { Pool } from 'pg';

/**
 * Partitions that have ended, the oldest first; as many are of a month, and one is of all before.
 */
export async function makeOldMonths(pool: Pool, months: number): Promise<string[]> {
  const { rows: parts } = await pool.query<{ name: string }>('select name from usage_partitions');
  for (const { name } of parts) await pool.query(`drop table ${name}`);
  await pool.query(
    `create table usage_events_first partition of usage_events for values from ('-infinity')
       to (date_trunc('month', now() - interval '${months} months', 'UTC'))`,
  );
  await pool.query(`select index_usage_partition('usage_events_first')`);
  await pool.query('select make_usage_partitions()');
  await pool.query(
    `create or replace function usage_partition_start(at timestamptz) returns timestamptz
       language sql stable return date_trunc('month', at, 'UTC')`,
  );
  const { rows } = await pool.query<{ name: string }>(
    'select name from usage_partitions where ends < now() order by ends',
  );
  return rows.map(({ name }) => name);
}
