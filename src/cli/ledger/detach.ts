/**
 * `tollkeeper ledger detach` and `drop`: a month leaves the ledger, and then the database, each
 * only when its archive was read again and is equal to the table, row for row.
 */
import { escapeIdentifier } from 'pg';
import type { ClientBase } from 'pg';
import { grouped } from '../../core/grouped';
import { detachPart, noteOf, whyNeeded } from '../../db/partitions/detach-partition';
import type { Part } from '../../db/partitions/detach-partition';
import { partitionRows } from '../../db/partitions/partition-rows';
import { confirmation, done, NOTHING_DONE, printOutcome } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions, Outcome } from '../terminal/confirmation';
import type { OutputOptions } from '../operator/operator';
import { CommandRefused } from '../terminal/refused';
import { asOwner, refuseFor, requirePart } from './as-owner';
import { persist } from './durable-files';
import { manifestFile } from './manifest';
import { openArchive, recountArchive } from './read-archive';
import type { Archive } from './read-archive';
import { differences, totalsOf } from './row-totals';

export interface DetachArguments extends OutputOptions, ConfirmOptions {
  readonly month: string;
  /** The folder with the archive. */
  readonly from: string;
}

export async function detachLedger(options: DetachArguments): Promise<void> {
  const outcome = await asOwner((client) => detachMonth(client, options, confirmation(options)));
  printOutcome(outcome, options);
}

export async function dropLedger(options: DetachArguments): Promise<void> {
  const outcome = await asOwner((client) => dropMonth(client, options, confirmation(options)));
  printOutcome(outcome, options);
}

type Place = Pick<DetachArguments, 'month' | 'from'>;

/** It may be repeated, whatever it was ended in. */
export async function detachMonth(
  client: ClientBase,
  { month, from }: Place,
  confirm: Confirm,
): Promise<Outcome> {
  const part = await requirePart(client, month);
  refuseFor(`${part.name} can't be detached`, await whyNeeded(client, part));
  const { manifest, manifestSha256 } = await provedArchive(client, part, from);
  const { rows, tokens } = manifest;
  const question =
    `${part.name} has ${grouped(rows)} usage events, and so has its archive in ${from}: they are ` +
    'equal. It leaves the ledger: lists and exports of that time are refused, and an invoice of it ' +
    'is verified with --archive. The table stays in the database until ledger drop.';
  if (!(await confirm(question))) return NOTHING_DONE;
  await detachPart(client, part, { events: rows, tokens, manifestSha256 });
  return done(`${part.name} is no part of the ledger any more. Its table stands beside it.`);
}

/** The table of a detached month goes; the archive is all that is left of it. */
export async function dropMonth(
  client: ClientBase,
  { month, from }: Place,
  confirm: Confirm,
): Promise<Outcome> {
  const part = await requirePart(client, month);
  if (part.isAttached)
    throw new CommandRefused(`${part.name} is part of the ledger: detach it before it is dropped.`);
  // Another archive of the same rows is not the one that is asked for once the table is gone.
  const note = await noteOf(client, part.name);
  const { manifest } = await provedArchive(client, part, from, note?.manifestSha256);
  const question = `${part.name} goes: its ${grouped(manifest.rows)} usage events are in ${from} alone.`;
  if (!(await confirm(question))) return NOTHING_DONE;
  await client.query(`drop table ${escapeIdentifier(part.name)}`);
  return done(`${part.name} is dropped. Keep its archive, in more than one place.`);
}

/** Throws CommandRefused unless the archive has what the table has, and is on the disk. */
async function provedArchive(
  client: ClientBase,
  part: Part,
  folder: string,
  expectedSha256?: string,
): Promise<Archive> {
  const archive = await openArchive(folder, part.name, expectedSha256);
  const { columns } = archive.manifest;
  const fileTotals = await recountArchive(folder, archive);
  const totals = await totalsOf(columns, partitionRows(client, part.name, columns));
  refuseFor(`The archive in ${folder} is not ${part.name}`, [
    ...differences(fileTotals, totals),
    ...differences(archive.manifest, fileTotals),
  ]);
  // Whoever copied it here, the table may go only now.
  await persist(folder, [archive.manifest.file, manifestFile(part.name)]);
  return archive;
}
