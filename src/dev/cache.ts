/** The user's cache: what is built or downloaded once, for all clones of this user. */
import { access, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { DevEnvironment } from './environment';

const POLL_MS = 500;

/** Tells the developer what takes its time. */
export type Progress = (line: string) => void;

export function cacheFolder(environment: DevEnvironment): string {
  return join(environment.cacheHome ?? join(homedir(), '.cache'), 'tollkeeper');
}

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * The path, after `build` has filled it if it was missing. Of several processes one builds and the
 * others wait; a build that fails or is killed leaves nothing behind at the path.
 */
export async function buildOnce(
  path: string,
  progress: Progress,
  build: (partPath: string) => Promise<void>,
): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(dirname(path), { recursive: true });
  const unlock = await lock(`${path}.lock`, progress);
  const partPath = `${path}.${process.pid}.part`;
  try {
    if (await exists(path)) return path;
    await build(partPath);
    await rename(partPath, path);
    return path;
  } finally {
    await rm(partPath, { recursive: true, force: true });
    await unlock();
  }
}

async function lock(file: string, progress: Progress): Promise<() => Promise<void>> {
  for (let waits = 0; ; waits += 1) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (await isAbandoned(file)) await rm(file, { force: true });
    else {
      if (waits === 0) progress(`Waiting for another process that builds the same (${file})`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** The process that holds the lock is no more. */
async function isAbandoned(file: string): Promise<boolean> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''));
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
