/** Taking a partition out of the ledger once its archive is proved, and putting it back. */
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { ClientBase, Pool } from 'pg';
import { lookBackAt } from '../../core/usage/look-back';
import { isUnsealed } from '../sealed-usage';

const LIFECYCLE_LOCK = 7_306_514_004;
/** Whoever reads the ledger is waited for; then the command says so, and may be repeated. */
const LOCK_TIMEOUT = '30s';
const EXAMPLES = 3;

/** A partition of the ledger, or a table that was one. */
export interface Part {
  readonly name: string;
  /** Postgres' texts of the times, [starts, ends). */
  readonly starts: string;
  readonly ends: string;
  readonly isAttached: boolean;
  /** It was begun, and not ended: it is no part of the ledger any more. */
  readonly isDetaching: boolean;
}

/** One command at a time, on a connection of its own. Undefined: another one is under way. */
export async function alone<T>(
  pool: Pool,
  work: (client: ClientBase) => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock($1) as locked',
      [LIFECYCLE_LOCK],
    );
    return rows[0]?.locked ? await work(client) : undefined;
  } finally {
    // What was set on it ends with the connection; the lock at once, if it still answers.
    await client.query('rollback; select pg_advisory_unlock_all()').catch(() => undefined);
    client.release(true);
  }
}

/** A partition, or a detached one that still stands beside; undefined: there is no such table. */
export async function findPart(client: ClientBase, name: string): Promise<Part | undefined> {
  const { rows } = await client.query<Part>(
    `select $1 as name, coalesce(part.starts, archive.starts)::text as starts,
            coalesce(part.ends, archive.ends)::text as ends, part.name is not null as "isAttached",
            coalesce((select inhdetachpending from pg_inherits where inhrelid = to_regclass($2)),
                     false) as "isDetaching"
       from (select to_regclass($2) as found) as t
       left join usage_partitions as part on part.name = $1
       left join usage_archives as archive on archive.name = $1
      where found is not null and coalesce(part.name, archive.name) is not null`,
    [name, escapeIdentifier(name)],
  );
  return rows[0];
}

/**
 * Why the partition takes or lacks something still, so that an archive of it would not be whole.
 */
export async function whyNotWhole(client: ClientBase, { name, ends }: Part): Promise<string[]> {
  const table = escapeIdentifier(name);
  const { rows } = await client.query<{ ended: boolean; written: boolean; unsealed: boolean }>(
    `select $1::timestamptz < now() - interval '10 minutes' as ended,
            exists (select from pg_locks where locktype = 'relation' and relation = $2::regclass
                       and mode = 'RowExclusiveLock') as written,
            exists (select from ${table} where ${isUnsealed()}) as unsealed`,
    [ends, table],
  );
  return [
    rows[0]?.ended ? '' : `it takes usage until ${ends}`,
    rows[0]?.written ? 'a transaction writes to it' : '',
    rows[0]?.unsealed ? 'it has usage events that are in no batch yet' : '',
  ].filter((reason) => reason !== '');
}

/** Why the ledger can't do without it yet; none: it can. */
export async function whyNeeded(client: ClientBase, part: Part): Promise<string[]> {
  const table = escapeIdentifier(part.name);
  const { rows: times } = await client.query<{ now: Date; ends: Date }>(
    'select now() as now, $1::timestamptz as ends',
    [part.ends],
  );
  const [{ now, ends } = { now: new Date(0), ends: new Date() }] = times;
  const lookBack = lookBackAt(now).from;
  const { rows: asides } = await client.query<{ id: string; customer: string }>(
    `select id, customer from usage_quarantine as aside where settled_at is null
        and exists (select from ${table} as event
                     where event.customer = aside.customer and event.id = aside.id)
      order by 1 limit ${EXAMPLES}`,
  );
  const { rows: periods } = await client.query<{ customer: string; starts: string }>(
    `select customer, period_start::date::text as starts from billing_periods as period
      where archived_at is null
        and exists (select from ${table} as event where event.customer = period.customer
                       and occurred_at >= period_start and occurred_at < period_end)
      order by 2, 1 limit ${EXAMPLES}`,
  );
  return [
    ...(await whyNotWhole(client, part)),
    ...(ends.getTime() > Date.parse(lookBack)
      ? [
          `ids of usage events are looked up back to ${lookBack}, and it has those until ${part.ends}`,
        ]
      : []),
    ...asides.map(({ id, customer }) => `usage event ${id} of ${customer} is quarantined`),
    ...periods.map(
      ({ customer, starts }) => `the period of ${starts} of ${customer} is not settled yet`,
    ),
  ];
}

export interface ArchiveRecord {
  readonly events: number;
  /** Whole tokens by the ledger's columns. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly manifestSha256: string;
}

/**
 * Notes the archive, and then takes the partition out: whoever does not see its rows any more sees
 * the note. Either half may have been done before. Nobody who records usage waits.
 */
export async function detachPart(
  client: ClientBase,
  { name, starts, ends, isAttached, isDetaching }: Part,
  record: ArchiveRecord,
): Promise<void> {
  const table = escapeIdentifier(name);
  await client.query('begin');
  await client.query('delete from usage_archives where name = $1', [name]);
  await client.query(
    `insert into usage_archives (name, starts, ends, events, tokens, manifest_sha256)
     values ($1, $2, $3, $4, $5, $6)`,
    [name, starts, ends, record.events, JSON.stringify(record.tokens), record.manifestSha256],
  );
  await client.query(
    `insert into usage_archive_customers (customer, name, events, first_occurred_at, last_occurred_at)
     select customer, $1, count(*), min(occurred_at), max(occurred_at) from ${table} group by 1`,
    [name],
  );
  await client.query('commit');
  if (!isAttached) return;
  await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
  await client.query(
    `alter table usage_events detach partition ${table} ${isDetaching ? 'finalize' : 'concurrently'}`,
  );
}

/** Puts a table back that was detached; what it has is sealed, whatever cluster this is by now. */
export async function attachPart(client: ClientBase, part: Part): Promise<void> {
  const { name, starts, ends } = part;
  const table = escapeIdentifier(name);
  await client.query(`set lock_timeout = '${LOCK_TIMEOUT}'`);
  if (part.isDetaching)
    await client.query(`alter table usage_events detach partition ${table} finalize`);
  if (!part.isAttached || part.isDetaching) {
    await client.query(`update ${table} set tx = '0' where ${isUnsealed()}`);
    await client.query(
      `alter table usage_events attach partition ${table}
         for values from (${escapeLiteral(starts)}) to (${escapeLiteral(ends)})`,
    );
  }
  await client.query('delete from usage_archives where name = $1', [name]);
}

/** What was noted of the archive; undefined: the partition is not archived. */
export async function noteOf(
  client: ClientBase,
  name: string,
): Promise<{ readonly manifestSha256: string; readonly events: number } | undefined> {
  const { rows } = await client.query<{ manifestSha256: string; events: number }>(
    `select manifest_sha256 as "manifestSha256", events::float8 as events
       from usage_archives where name = $1`,
    [name],
  );
  return rows[0];
}
