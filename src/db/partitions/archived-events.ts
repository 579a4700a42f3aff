/**
 * Usage events of one customer and period out of archives, beside those that are in the ledger, so
 * that both are read by the same queries. They are in a temporary table: in Postgres, not in
 * memory.
 */
import type { ClientBase, PoolClient } from 'pg';
import type { ArchivedRow } from '../../core/archive/csv-rows';
import { TOKEN_COLUMNS } from '../token-columns';
import { insertArchivedRows } from './partition-rows';
import type { Column } from './partition-rows';
import { archivesOf, usageArchived } from './usage-archives';
import type { UsageArchive } from './usage-archives';

/**
 * Pages of the customer's rows in an archive; whatever it yields is proved to be what was
 * exported.
 */
export type ReadArchived = (
  archive: UsageArchive,
  customer: string,
) => AsyncIterable<{ readonly columns: readonly Column[]; readonly rows: readonly ArchivedRow[] }>;

const TABLE = 'archived_usage_events';

const COLUMNS = `id, customer, model, vendor, content_hash, ${TOKEN_COLUMNS}, occurred_at, recorded_at, tx`;

// A month that is noted as archived is read from its archive alone, also where a detachment was
// ended halfway and its rows are there still.
const WITH_ARCHIVED = `(select ${COLUMNS} from usage_events
                         where not exists (select from usage_archives
                                            where recorded_at >= starts and recorded_at < ends)
                        union all
                        select ${COLUMNS} from pg_temp.${TABLE}) as usage_events`;

/**
 * In a snapshot, which is read-only, no table can be made any more, and a temporary one be filled.
 */
export async function prepareArchivedEvents(client: ClientBase): Promise<void> {
  await client.query(
    `create temporary table if not exists ${TABLE} (like usage_events including defaults);
     truncate pg_temp.${TABLE}`,
  );
}

/**
 * What to read the usage events of [start, end) from; undefined: the ledger has all of them. Throws
 * DomainError `usage_archived` if some are archived and there is no way to read them.
 */
export async function eventsWithArchived(
  client: PoolClient,
  customer: string,
  span: { readonly start: number; readonly end: number },
  readArchived: ReadArchived | undefined,
): Promise<string | undefined> {
  const archives = await archivesOf(client, customer, span);
  if (archives.length === 0) return undefined;
  if (!readArchived) throw usageArchived(customer, archives);
  for (const archive of archives)
    for await (const { columns, rows } of readArchived(archive, customer))
      await insertArchivedRows(client, TABLE, columns, rows, span);
  return WITH_ARCHIVED;
}
