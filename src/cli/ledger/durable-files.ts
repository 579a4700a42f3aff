/**
 * Files that are there after a power cut: their bytes are on the disk before they have a name, and
 * the names of a folder before anybody relies on them.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** What a file system answers that keeps folders in order by itself, as mounted buckets do. */
const WITHOUT_FOLDER_SYNC = ['EINVAL', 'ENOSYS', 'ENOTSUP', 'EPERM', 'EISDIR'];

/** It has its name once it is whole and on the disk: what broke off before is written anew. */
export async function replaceFile<T>(
  path: string,
  write: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const partPath = `${path}.part`;
  const handle = await open(partPath, 'w', 0o600);
  let result: T;
  try {
    result = await write(handle);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partPath, path);
  await syncFolder(dirname(path));
  return result;
}

/** It is gone after a power cut, too. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

/** The folder, and each above it that was missing. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const end = dirname(resolve(first));
  for (let parent = dirname(resolve(folder)); ; parent = dirname(parent)) {
    await syncFolder(parent);
    if (parent === end || parent === dirname(parent)) return;
  }
}

/**
 * Files that somebody else may have put there, by whatever means: from here on they are on the
 * disk, and so are their names.
 */
export async function persist(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await syncPath(join(folder, name));
  await syncFolder(folder);
}

async function syncFolder(path: string): Promise<void> {
  await syncPath(path).catch((error: NodeJS.ErrnoException) => {
    if (!WITHOUT_FOLDER_SYNC.includes(error.code ?? '')) throw error;
  });
}

async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
