/** `tollkeeper ledger export`: a month of the ledger as a file, with a manifest that proves it. */
import type { ClientBase } from 'pg';
import { grouped } from '../../core/grouped';
import { noteOf, whyNotWhole } from '../../db/partitions/detach-partition';
import { archivedColumns, partitionRows } from '../../db/partitions/partition-rows';
import { plainList, print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { asOwner, refuseFor, requirePart } from './as-owner';
import { makeFolder } from './durable-files';
import type { Manifest } from './manifest';
import { writeArchive } from './write-archive';

export interface ExportArguments extends OutputOptions {
  readonly month: string;
  /** A folder. */
  readonly to: string;
}

export async function exportLedger(options: ExportArguments): Promise<void> {
  const manifest = await asOwner((client) => exportMonth(client, options.month, options.to));
  print({ ...manifest, chunks: manifest.chunks.length }, exportText, options);
}

/** It may be repeated: the files are replaced once the new ones are whole. */
export async function exportMonth(
  client: ClientBase,
  month: string,
  folder: string,
  chunkCharacters?: number,
): Promise<Manifest> {
  const part = await requirePart(client, month);
  refuseFor(`${part.name} can't be exported yet`, await whyNotWhole(client, part));
  refuseFor(
    `${part.name} can't be exported`,
    (await noteOf(client, part.name)) ? ['it has an archive, which is noted: attach it first'] : [],
  );
  await makeFolder(folder);
  const { name, starts, ends } = part;
  const columns = await archivedColumns(client, name);
  const pages = partitionRows(client, name, columns);
  const archived = { partition: name, starts, ends, columns };
  return writeArchive(folder, archived, pages, chunkCharacters);
}

const exportText = (manifest: Omit<Manifest, 'chunks'>): string =>
  plainList([
    ['partition', `${manifest.partition}, ${manifest.starts} – ${manifest.ends}`],
    ['file', `${manifest.file}, ${grouped(manifest.bytes)} bytes`],
    ['usage events', grouped(manifest.rows)],
    ...Object.entries(manifest.tokens).map(([pool, sum]) => [pool, sum] as const),
    ['recorded', `${manifest.firstRecordedAt ?? '–'} – ${manifest.lastRecordedAt ?? '–'}`],
    ['SHA-256', manifest.sha256],
  ]);
