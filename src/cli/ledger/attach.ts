/** `tollkeeper ledger attach`: a month that was detached is part of the ledger again. */
import type { ClientBase } from 'pg';
import { grouped } from '../../core/grouped';
import { attachPart, findPart, noteOf } from '../../db/partitions/detach-partition';
import { insertArchivedRows } from '../../db/partitions/partition-rows';
import { beginRestoring, endRestoring } from '../../db/partitions/restore-partition';
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

/**
 * Statement by statement, since an open transaction of hours would hold up vacuum and sealing. The
 * table gets its name when it is whole; what was begun before is begun anew.
 */
async function restoreTable(client: ClientBase, archive: Archive): Promise<void> {
  const { partition, columns } = archive.manifest;
  const beginning = `${partition}_restoring`;
  const counting = countRows(columns);
  await beginRestoring(client, beginning);
  for await (const page of archive.rows()) {
    await insertArchivedRows(client, beginning, columns, page);
    for (const row of page) counting.add(row, csvLine(row));
  }
  refuseFor(`${partition} is not restored`, differences(archive.manifest, counting.totals()));
  await endRestoring(client, beginning, partition);
}
