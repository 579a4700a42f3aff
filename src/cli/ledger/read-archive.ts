/**
 * Reading an archive: nothing of a piece is used before its hash is what the manifest says. A
 * piece is in memory at a time.
 */
import { createReadStream } from 'node:fs';
import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { csvRows } from '../../core/archive/csv-rows';
import type { ArchivedRow } from '../../core/archive/csv-rows';
import type { ReadArchived } from '../../db/partitions/archived-events';
import { CommandRefused } from '../terminal/refused';
import { compareBytes, manifestFile, manifestSchema, sha256Of } from './manifest';
import type { Chunk, Manifest } from './manifest';
import { totalsOf } from './row-totals';
import type { RowTotals } from './row-totals';

const decompress = promisify(gunzip);

export interface Archive {
  readonly manifest: Manifest;
  /** It stands for all of the archive: the manifest has the hashes of the rest. */
  readonly manifestSha256: string;
  /** Pages of all rows, or of one customer's. */
  rows(customer?: string): AsyncGenerator<readonly ArchivedRow[]>;
}

/** Throws CommandRefused if it is not there, or is not what was noted. */
export async function openArchive(
  folder: string,
  partition: string,
  expectedSha256?: string,
): Promise<Archive> {
  const path = join(folder, manifestFile(partition));
  const text = await readFile(path).catch((error: Error) => {
    throw new CommandRefused(`There is no archive of ${partition} in ${folder}: ${error.message}`);
  });
  const manifestSha256 = sha256Of(text);
  if (expectedSha256 !== undefined && manifestSha256 !== expectedSha256)
    throw new CommandRefused(
      `${path} is not the archive that was made of ${partition}: its SHA-256 is ${manifestSha256}, ` +
        `and ${expectedSha256} was noted. Get the file that was exported then.`,
    );
  const manifest = readManifest(path, text.toString());
  return {
    ...{ manifest, manifestSha256 },
    rows: (customer) => archivedRows(join(folder, manifest.file), manifest, customer),
  };
}

function readManifest(path: string, text: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new CommandRefused(`${path} is no manifest of an archive: ${(error as Error).message}`);
  }
}

async function* archivedRows(
  path: string,
  { columns, chunks }: Manifest,
  customer: string | undefined,
): AsyncGenerator<readonly ArchivedRow[]> {
  const customerAt = columns.findIndex(({ name }) => name === 'customer');
  const isAsked = ({ firstCustomer, lastCustomer }: Chunk): boolean =>
    customer === undefined ||
    (compareBytes(firstCustomer, customer) <= 0 && compareBytes(customer, lastCustomer) <= 0);
  for (const chunk of chunks.filter(isAsked)) {
    const rows = [...csvRows(await readChunk(path, chunk))];
    yield customer === undefined ? rows : rows.filter((row) => row[customerAt] === customer);
  }
}

async function readChunk(path: string, chunk: Chunk): Promise<string> {
  const bytes = Buffer.alloc(chunk.bytes);
  const handle = await open(path, 'r');
  try {
    // A file system may answer less than it is asked for.
    for (let at = 0; at < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, at, bytes.length - at, chunk.offset + at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
  } finally {
    await handle.close();
  }
  if (sha256Of(bytes) !== chunk.sha256)
    throw new CommandRefused(
      `${path} is damaged or was changed: the bytes from ${chunk.offset} on are not those that were ` +
        'exported. Get another copy of it.',
    );
  return (await decompress(bytes, { maxOutputLength: chunk.textBytes })).toString();
}

/**
 * Reads all of it, and answers what its rows come to. Throws CommandRefused if the file is not what
 * its manifest says.
 */
export async function recountArchive(
  folder: string,
  { manifest, rows }: Archive,
): Promise<RowTotals> {
  const path = join(folder, manifest.file);
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  const fileSha256 = hash.digest('hex');
  if (fileSha256 !== manifest.sha256)
    throw new CommandRefused(`${path} has the SHA-256 ${fileSha256}: expected ${manifest.sha256}.`);
  return totalsOf(manifest.columns, rows());
}

/** Reads the archives of a folder as they are asked for. */
export const archiveReader = (folder: string): ReadArchived =>
  async function* read({ name, manifestSha256 }, customer) {
    const archive = await openArchive(folder, name, manifestSha256);
    const { columns } = archive.manifest;
    for await (const rows of archive.rows(customer)) yield { columns, rows };
  };
