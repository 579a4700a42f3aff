/**
 * Sessions that hold sealing up: whose lock a pass waits for, or whose pass does not end. And those
 * whose own usage it passed over, for as long as they stay open.
 */
import type { Pool } from 'pg';
import { SEALING_LOCK } from './sealing-state';
import { withoutLiterals } from './without-literals';

export interface SealingHolder {
  /** 0: a prepared transaction, which has no session. */
  readonly pid: number;
  /** The name of the prepared transaction, or null. */
  readonly preparedAs: string | null;
  readonly database: string;
  readonly user: string;
  readonly applicationName: string;
  /** The state of `pg_stat_activity`; 'unknown' where this role is not shown it. */
  readonly state: string;
  /** ISO 8601: when its transaction began; null where this role is not shown it. */
  readonly since: string | null;
  /** Its last statement as far as it is shown, without literals. */
  readonly statement: string;
  /** It is the session of the pass itself, which waits for nobody. */
  readonly isPass: boolean;
}

export interface SealingHolders {
  /** Age of the pass under way; 0: there is none. Passes last for a second at most. */
  readonly passSeconds: number;
  /** Those that the pass waits for; if for none, its own session. Empty: there is no pass. */
  readonly holders: readonly SealingHolder[];
  /** Open transactions with usage of their own in the ledger: it alone is not sealed. */
  readonly passedOver: readonly SealingHolder[];
}

// Whoever waits for nobody is at the root of the wait. A prepared transaction has the pid 0.
const HOLDERS = `
  with recursive pass as (
    select pid from pg_locks
     where locktype = 'advisory' and granted and objsubid = 1
       and classid = ($1::bigint >> 32)::oid and objid = ($1::bigint & 4294967295)::oid
       and database = (select oid from pg_database where datname = current_database())
  ), chain (pid) as (
    select pid from pass
    union
    select unnest(pg_blocking_pids(chain.pid)) from chain where chain.pid <> 0
  ), writers as (
    select relation.pid, relation.virtualtransaction
      from pg_locks as relation
     where relation.relation = 'usage_events'::regclass and relation.mode = 'RowExclusiveLock'
  ), passed_over as (
    select writers.pid, transaction.transactionid::text as xid
      from writers join pg_locks as transaction using (virtualtransaction)
      join (select unnest(passed_over) as tx from sealing_state) as passed
        on passed.tx::xid = transaction.transactionid
     where transaction.locktype = 'transactionid' and transaction.granted
  ), told as (
    select 'holder' as role, pid, null as xid from chain
     where pid = 0 or cardinality(pg_blocking_pids(pid)) = 0
    union all
    select 'passed over', coalesce(pid, 0), xid from passed_over
  )
  select role, pid, prepared.gid as "preparedAs",
         coalesce(activity.datname, prepared.database, '?') as database,
         coalesce(activity.usename, prepared.owner, '?') as "user",
         coalesce(activity.application_name, '') as "applicationName",
         case when prepared.gid is not null then 'prepared'
              else coalesce(activity.state, 'unknown') end as state,
         to_char(coalesce(activity.xact_start, prepared.prepared) at time zone 'UTC',
                 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
         coalesce(activity.query, '') as statement,
         told.pid in (select pid from pass) as "isPass",
         greatest(
           (select max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
             where pid in (select pid from pass)),
           (select max(extract(epoch from clock_timestamp() - waitstart)) from pg_locks
             where pid in (select pid from pass)), 0)::float8 as "passSeconds"
    from told
    left join pg_stat_activity as activity using (pid)
    left join pg_prepared_xacts as prepared
      on told.pid = 0 and (told.xid is null or prepared.transaction::text = told.xid)
   order by since nulls last, pid`;

type Row = SealingHolder & { readonly role: string; readonly passSeconds: number };

/** Reads only what Postgres shows every role, and of others' sessions what it shows this one. */
export async function readSealingHolders(pool: Pool): Promise<SealingHolders> {
  const { rows } = await pool.query<Row>(HOLDERS, [SEALING_LOCK]);
  const ofRole = (wantedRole: string): SealingHolder[] =>
    rows
      .filter(({ role }) => role === wantedRole)
      .map(({ role: _role, passSeconds: _passSeconds, statement, ...holder }) => ({
        ...holder,
        statement: withoutLiterals(statement),
      }));
  return {
    passSeconds: rows[0]?.passSeconds ?? 0,
    holders: ofRole('holder'),
    passedOver: ofRole('passed over'),
  };
}

/** Says who it is, for people. */
export function describeHolder(holder: SealingHolder): string {
  const who =
    holder.preparedAs === null
      ? `pid ${holder.pid} (${holder.applicationName || 'no application name'}, ${holder.state})`
      : `the prepared transaction "${holder.preparedAs}"`;
  const since = holder.since === null ? '' : ` since ${holder.since}`;
  const statement = holder.statement === '' ? '' : `: ${holder.statement}`;
  return `${who} of ${holder.user} in ${holder.database}${since}${statement}`;
}

/** The statement that ends it. */
export const endingOf = ({ pid, preparedAs }: SealingHolder): string =>
  preparedAs === null
    ? `select pg_terminate_backend(${pid})`
    : `rollback prepared '${preparedAs.replaceAll("'", "''")}'`;
