/** A disk so small that it can be filled: memory, mounted where Postgres keeps its data. */
import { execFile } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CHUNK_BYTES = 64 * 1024;
const REST_BYTES = 64 * 1024 * 1024;

export interface SmallDisk {
  fill(): Promise<void>;
  free(): Promise<void>;
  usedMegabytes(): Promise<number>;
  remove(): Promise<void>;
}

/** Others write meanwhile: the end of the disk is written to, not worked out. */
async function writeUntilFull(file: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    for (;;) await handle.write(Buffer.alloc(CHUNK_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await handle.close();
  }
}

/** Undefined: only root may mount, and not everywhere. */
export async function mountSmallDisk(
  folder: string,
  megabytes: number,
): Promise<SmallDisk | undefined> {
  await mkdir(folder, { recursive: true });
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder]);
  } catch {
    return undefined;
  }
  const ballast = join(folder, 'ballast');
  return {
    fill: async () => {
      const { bavail, bsize } = await statfs(folder);
      const most = bavail * bsize - REST_BYTES;
      if (most > 0) await run('fallocate', ['-l', String(most), ballast]);
      await writeUntilFull(ballast);
    },
    free: () => rm(ballast, { force: true }),
    usedMegabytes: async () => {
      const { blocks, bfree, bsize } = await statfs(folder);
      return Math.round(((blocks - bfree) * bsize) / (1024 * 1024));
    },
    remove: async () => void (await run('umount', ['-l', folder])),
  };
}
