/** The ledger's partitions: one for each month of recording, made before it begins. */
import type { Pool } from 'pg';

/**
 * A condition by which a reading of times from `start` (Unix seconds, null: all) leaves out the
 * partitions of before: usage is minutes ahead of its recording at most. On a test clock it is of
 * any time.
 */
export const recordedSince = (customer: string, start: string, column = 'recorded_at'): string =>
  `${column} >= (${recordedFrom(customer, start)})`;

/** The time of that condition, as a query by itself. */
export const recordedFrom = (customer: string, start: string): string =>
  `select case when ${start} is null or bool_or(clock is not null) then '-infinity'
               else to_timestamp(${start}) - interval '1 day' end
     from (select test_clock from customers where customer = ${customer}
            union all
           select test_clock from imports where customer = ${customer}) as who (clock)`;

export interface UsagePartition {
  readonly name: string;
  /** ISO 8601, [starts, ends); null: the first has no beginning. */
  readonly starts: string | null;
  readonly ends: string;
}

/** Makes those of the months to come as far as they are missing, and answers their names. */
export async function makeUsagePartitions(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>('select make_usage_partitions() as name');
  return rows.map(({ name }) => name);
}

/** Oldest first. */
export async function listUsagePartitions(pool: Pool): Promise<UsagePartition[]> {
  const { rows } = await pool.query<{ name: string; starts: Date | null; ends: Date }>(
    `select name, nullif(starts, '-infinity') as starts, ends from usage_partitions order by ends`,
  );
  return rows.map(({ name, starts, ends }) => ({
    ...{ name, starts: starts?.toISOString() ?? null, ends: ends.toISOString() },
  }));
}

/**
 * Days for which there are partitions without a gap, by Postgres' clock; 0: there is none for now.
 */
export async function readDaysAhead(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ days: number }>(
    `with recursive reached (ends) as (
       select ends from usage_partitions where starts <= now() and ends > now()
       union all
       select part.ends from usage_partitions as part join reached on part.starts = reached.ends
     )
     select coalesce(extract(epoch from max(ends) - now()) / 86400, 0)::float8 as days
       from reached`,
  );
  return rows[0]?.days ?? 0;
}
