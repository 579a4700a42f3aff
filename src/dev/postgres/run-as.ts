/**
 * Postgres refuses to run as root. Where we are root (containers, CI) it runs as the system's
 * `postgres` user, from folders which that user can reach.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, chown, cp, mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries';

const run = promisify(execFile);

/** Survives a reboot and is open to every user, unlike a clone below /root or a mktemp folder. */
const OPEN_FOLDER = '/var/tmp/tollkeeper';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** The user to run Postgres as; undefined means ourselves. */
export async function postgresOwner(): Promise<Owner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await ownerNamed('postgres');
  if (owner) return owner;
  await run('groupadd', ['--system', '--force', 'postgres']);
  await run('useradd', ['--system', '--no-create-home', '--gid', 'postgres', 'postgres']);
  const newOwner = await ownerNamed('postgres');
  if (newOwner) return newOwner;
  throw new Error(
    'Postgres does not run as root and no `postgres` user could be created: ' +
      'create one, run as another user, or set DATABASE_URL.',
  );
}

async function ownerNamed(name: string): Promise<Owner | undefined> {
  try {
    const [user, group] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(user.stdout), gid: Number(group.stdout) };
  } catch {
    return undefined;
  }
}

/** The data folder, created for its owner; elsewhere if the owner can't reach the wished one. */
export async function reachableDataFolder(wishedFolder: string, owner?: Owner): Promise<string> {
  if (!owner) {
    await mkdir(dirname(wishedFolder), { recursive: true });
    return wishedFolder;
  }
  await mkdir(wishedFolder, { recursive: true });
  const folder = (await isReachable(wishedFolder, owner))
    ? wishedFolder
    : openDataFolder(wishedFolder);
  await mkdir(folder, { recursive: true });
  await chown(folder, owner.uid, owner.gid);
  return folder;
}

/** Removes both places where the data of a wished folder may be. */
export async function removeDataFolder(wishedFolder: string): Promise<void> {
  await rm(wishedFolder, { recursive: true, force: true });
  await rm(openDataFolder(wishedFolder), { recursive: true, force: true });
}

function openDataFolder(wishedFolder: string): string {
  const key = createHash('sha256').update(resolve(wishedFolder)).digest('hex').slice(0, 12);
  return join(OPEN_FOLDER, `data-${key}`);
}

/** The binaries, copied once to where the owner can execute them if he can't here. */
export async function reachableBinaries(
  binaries: PostgresBinaries,
  owner?: Owner,
): Promise<PostgresBinaries> {
  if (!owner || (await isReachable(binaries.home, owner))) return binaries;
  const home = join(OPEN_FOLDER, `postgres-${binaries.version}`);
  const isCopied = await access(home).then(
    () => true,
    () => false,
  );
  if (!isCopied) {
    const partHome = `${home}.${process.pid}`;
    await cp(binaries.home, partHome, { recursive: true, verbatimSymlinks: true });
    // Another process may have been faster; its copy is as good.
    await rename(partHome, home).catch(() => undefined);
  }
  return {
    ...binaries,
    home,
    initdb: join(home, 'bin', basename(binaries.initdb)),
    postgres: join(home, 'bin', basename(binaries.postgres)),
  };
}

/** Whether the owner may pass through every folder above (and into) the path. */
async function isReachable(path: string, owner: Owner): Promise<boolean> {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const { mode, uid, gid } = await stat(folder);
    const bit = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
