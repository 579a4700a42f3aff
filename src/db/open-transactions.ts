/** Transactions that write and stay open: below the oldest of them nothing can be sealed. */
import type { Pool } from 'pg';

export interface OpenTransaction {
  readonly pid: number;
  readonly database: string;
  readonly user: string;
  readonly seconds: number;
  /** The last statement, cut. */
  readonly query: string;
}

/** Those of the whole cluster: the horizon is one for all of its databases. Oldest first. */
export async function listOpenTransactions(pool: Pool, olderThanSeconds = 10) {
  const { rows } = await pool.query<OpenTransaction>(
    `select pid, coalesce(datname, '?') as database, coalesce(usename, '?') as "user",
            extract(epoch from clock_timestamp() - xact_start)::float8 as seconds,
            left(regexp_replace(query, '\\s+', ' ', 'g'), 120) as query
       from pg_stat_activity
      where backend_xid is not null
        and xact_start < clock_timestamp() - make_interval(secs => $1)
      order by xact_start limit 5`,
    [olderThanSeconds],
  );
  return rows;
}

/** Whether this role is shown the transactions of others; else the list has its own only. */
export async function seesOpenTransactions(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query<{ sees: boolean }>(
    `select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees`,
  );
  return rows[0]?.sees === true;
}
