/** The table of a month whose rows come back from an archive. */
import { escapeIdentifier } from 'pg';
import type { ClientBase } from 'pg';

/** A table for the rows, without an index; one that an earlier attempt left goes. */
export async function beginRestoring(client: ClientBase, name: string): Promise<void> {
  const table = escapeIdentifier(name);
  await client.query(`drop table if exists ${table}`);
  await client.query(
    `create table ${table} (like usage_events including defaults including storage)`,
  );
}

/** It is indexed as any partition is (migration 0044), and has the partition's name then. */
export async function endRestoring(
  client: ClientBase,
  name: string,
  partition: string,
): Promise<void> {
  const table = escapeIdentifier(name);
  await client.query('select index_usage_partition($1, $2)', [name, partition]);
  await client.query(`analyze ${table}`);
  await client.query(`alter table ${table} rename to ${escapeIdentifier(partition)}`);
}
