/**
 * Closing a partition that takes no more usage: what only sealing needed goes, what reading needs
 * is built anew in bulk. Statement by statement, and each may be repeated; nobody waits for any.
 */
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { ClientBase } from 'pg';
import type { Part } from './detach-partition';

/** The last step leaves it at the table, and each index that was built anew has it. */
export const CLOSED = 'closed';

/** Those who read the partition wait for a statement that waits; then it is given up. */
const SHORT_WAIT = '2s';
/** A statement that nobody waits for waits for whoever began to read before. */
const LONG_WAIT = '60s';

interface Index {
  readonly name: string;
  readonly isValid: boolean;
  /** It is of the transaction alone: what sealing looks into. */
  readonly isForSealing: boolean;
  readonly isClosed: boolean;
}

const INDEXES = `
  select relname as name, indisvalid as "isValid",
         indnatts = 1 and attname = 'tx' as "isForSealing",
         coalesce(obj_description(indexrelid), '') = '${CLOSED}' as "isClosed"
    from pg_index
    join pg_class on pg_class.oid = indexrelid
    left join pg_attribute on attrelid = indrelid and attnum = indkey[0]
   where indrelid = $1::regclass order by relname`;

/** Partitions that have ended and are not closed, oldest first. */
export async function partsToClose(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select name from usage_partitions
      where ends < now() - interval '10 minutes'
        and coalesce(obj_description(part, 'pg_class'), '') <> '${CLOSED}'
      order by ends`,
  );
  return rows.map(({ name }) => name);
}

/** The partition is whole: src/db/partitions/detach-partition.ts. */
export async function closePart(client: ClientBase, { name }: Part): Promise<void> {
  const table = escapeIdentifier(name);
  await client.query(`set lock_timeout = '${LONG_WAIT}'`);
  for (const index of await indexesOf(client, table)) if (!index.isValid) await drop(client, index);
  await boundTransactions(client, name);
  await client.query(`set lock_timeout = '${LONG_WAIT}'`);
  for (const index of await indexesOf(client, table)) {
    if (index.isForSealing) await drop(client, index);
    else if (!index.isClosed) await rebuild(client, index);
  }
  await client.query(`vacuum (freeze, analyze) ${table}`);
  await client.query(`comment on table ${table} is '${CLOSED}'`);
}

const indexesOf = async (client: ClientBase, table: string): Promise<Index[]> =>
  (await client.query<Index>(INDEXES, [table])).rows;

const drop = (client: ClientBase, { name }: Index) =>
  client.query(`drop index concurrently ${escapeIdentifier(name)}`);

/** Rows came in any order, and left its pages half full; there will be no others. */
async function rebuild(client: ClientBase, { name }: Index): Promise<void> {
  const index = escapeIdentifier(name);
  await client.query(`alter index ${index} set (fillfactor = 100)`);
  await client.query(`reindex index concurrently ${index}`);
  await client.query(`comment on index ${index} is '${CLOSED}'`);
}

/**
 * By this Postgres leaves the partition out of whatever asks for later transactions, as sealing
 * does all the time, without looking into it. It holds in another cluster, too: what is sealed
 * gets lower.
 */
async function boundTransactions(client: ClientBase, name: string): Promise<void> {
  const table = escapeIdentifier(name);
  const constraint = `${name}_sealed`;
  const { rows } = await client.query<{ validated: boolean }>(
    `select convalidated as validated from pg_constraint where conrelid = $1::regclass and conname = $2`,
    [table, constraint],
  );
  if (rows.length === 0) {
    const { rows: highest } = await client.query<{ after: string }>(
      `select coalesce(max(tx)::text::numeric, 0) + 1 as after from ${table}`,
    );
    await client.query(`set lock_timeout = '${SHORT_WAIT}'`);
    await client.query(
      `alter table ${table} add constraint ${escapeIdentifier(constraint)}
         check (tx < ${escapeLiteral(String(highest[0]?.after))}::xid8) not valid`,
    );
  }
  if (!rows[0]?.validated)
    await client.query(`alter table ${table} validate constraint ${escapeIdentifier(constraint)}`);
}
