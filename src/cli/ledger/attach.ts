/** `tollkeeper ledger attach`: a month that was detached is part of the ledger again. */
import { escapeIdentifier } from 'pg';
import type { ClientBase } from 'pg';
import { grouped } from '../../core/grouped';
import { attachPart, findPart, noteOf } from '../../db/partitions/detach-partition';
import { insertArchivedRows } from '../../db/partitions/partition-rows';
import { done, printOutcome } from '../terminal/confirmation';
import type { Outcome } from '../terminal/confirmation';
import type { OutputOptions } from '../operator/operator';
import { CommandRefused } from '../terminal/refused';
import { asOwner, partitionNamed, refuseFor } from './as-owner';
import { openArchive } from './read-archive';
import type { Archive } from './read-archive';
import { countRows, differences } from './row-totals';
import { csvLine } from '../../core/archive/csv-rows';

export interface AttachArguments extends OutputOptions {
  readonly month: string;
  /** The folder with the archive; needed once the table was dropped. */
  readonly from?: string;
}

export async function attachLedger(options: AttachArguments): Promise<void> {
  printOutcome(await asOwner((client) => attachMonth(client, options)), options);
}

/** It may be repeated, whatever it was ended in. */
export async function attachMonth(
  client: ClientBase,
  { month, from }: Pick<AttachArguments, 'month' | 'from'>,
): Promise<Outcome> {
  const name = partitionNamed(month);
  const note = await noteOf(client, name);
  if (!note) throw new CommandRefused(`${name} is not archived: there is nothing to put back.`);
  if (!(await findPart(client, name))) {
    if (from === undefined)
      throw new CommandRefused(
        `The table ${name} was dropped: say by --from where its archive is.`,
      );
    await restoreTable(client, await openArchive(from, name, note.manifestSha256));
  }
  const part = await findPart(client, name);
  if (part) await attachPart(client, part);
  return done(`${name} is part of the ledger again, with ${grouped(note.events)} usage events.`);
}

/** All in one transaction: there is no table with a part of the rows. */
async function restoreTable(client: ClientBase, archive: Archive): Promise<void> {
  const { partition, columns } = archive.manifest;
  const table = escapeIdentifier(partition);
  const counting = countRows(columns);
  await client.query('begin');
  await client.query(
    `create table ${table} (like usage_events including defaults including storage)`,
  );
  for await (const page of archive.rows()) {
    await insertArchivedRows(client, partition, columns, page);
    for (const row of page) counting.add(row, csvLine(row));
  }
  refuseFor(`${partition} is not restored`, differences(archive.manifest, counting.totals()));
  await client.query(`alter table ${table} add primary key (customer, id)`);
  await client.query(
    `create index ${escapeIdentifier(`${partition}_customer_time`)} on ${table} (customer, occurred_at)`,
  );
  await client.query(`create index ${escapeIdentifier(`${partition}_tx`)} on ${table} (tx)`);
  await client.query(`analyze ${table}`);
  await client.query('commit');
}
