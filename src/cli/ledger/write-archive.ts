/**
 * Writing an archive: the rows first, and the manifest once they are on the disk, so that an
 * archive with a manifest is whole. A piece of the rows is in memory at a time, whatever the month
 * has.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { csvLine } from '../../core/archive/csv-rows';
import type { ArchivedRow } from '../../core/archive/csv-rows';
import { removeFile, replaceFile } from './durable-files';
import { manifestFile, rowsFile, sha256Of } from './manifest';
import type { Chunk, Manifest } from './manifest';
import { countRows } from './row-totals';

/** Characters of rows in a member of the file. */
const CHUNK_CHARACTERS = 8 * 1024 * 1024;

const compress = promisify(gzip);

export interface ArchivedPart {
  readonly partition: string;
  readonly starts: string;
  readonly ends: string;
  readonly columns: Manifest['columns'];
}

/**
 * Rows come in the order that src/db/partitions/partition-rows.ts says. A manifest of before goes
 * once these are about to have its rows' name.
 */
export async function writeArchive(
  folder: string,
  part: ArchivedPart,
  pages: AsyncIterable<readonly ArchivedRow[]>,
  chunkCharacters = CHUNK_CHARACTERS,
): Promise<Manifest> {
  const file = rowsFile(part.partition);
  const path = join(folder, file);
  const counting = countRows(part.columns);
  const customerAt = part.columns.findIndex(({ name }) => name === 'customer');
  const manifestPath = join(folder, manifestFile(part.partition));
  const { chunks, ...written } = await replaceFile(path, async (handle) => {
    const members = memberWriter(handle);
    await members.write(csvLine(part.columns.map(({ name }) => name)));
    const allChunks: Chunk[] = [];
    let lines: string[] = [];
    let characters = 0;
    let [firstCustomer, lastCustomer] = ['', ''];
    const endChunk = async (): Promise<void> => {
      if (lines.length === 0) return;
      const member = await members.write(lines.join(''));
      allChunks.push({ ...member, rows: lines.length, firstCustomer, lastCustomer });
      [lines, characters] = [[], 0];
    };
    for await (const page of pages)
      for (const row of page) {
        const line = csvLine(row);
        counting.add(row, line);
        lastCustomer = row[customerAt] ?? '';
        if (lines.length === 0) firstCustomer = lastCustomer;
        lines.push(line);
        characters += line.length;
        if (characters >= chunkCharacters) await endChunk();
      }
    await endChunk();
    await removeFile(manifestPath);
    return { ...members.end(), chunks: allChunks };
  });
  const manifest: Manifest = {
    format: 'tollkeeper-ledger-1',
    ...part,
    file,
    ...written,
    ...counting.totals(),
    chunks,
    exportedAt: new Date().toISOString(),
  };
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await replaceFile(manifestPath, (handle) => handle.writeFile(text));
  return manifest;
}

function memberWriter(handle: FileHandle) {
  const hash = createHash('sha256');
  let offset = 0;
  return {
    write: async (text: string) => {
      const bytes = await compress(text);
      await handle.writeFile(bytes);
      hash.update(bytes);
      const member = { offset, bytes: bytes.length, textBytes: Buffer.byteLength(text) };
      offset += bytes.length;
      return { ...member, sha256: sha256Of(bytes) };
    },
    end: () => ({ bytes: offset, sha256: hash.digest('hex') }),
  };
}
