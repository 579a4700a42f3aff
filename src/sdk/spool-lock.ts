/**
 * One process at a time has a spool's directory. The lock names its process, so that a dead one's
 * is taken over; a lock of another host is dead when it has not been touched for a while.
 */
import {
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { TollkeeperError } from './tollkeeper-error';

const TOUCH_MS = 5_000;
/** A host that was silent for so long is taken to be gone. */
const OTHER_HOST_DEAD_MS = 30_000;
/** A takeover is a matter of milliseconds: an older one was interrupted. */
const TAKEOVER_MS_MAX = 10_000;

export interface SpoolLock {
  release(): void;
}

interface Owner {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** Tells the process from a later one with the same pid; empty where that can't be known. */
  readonly startedAt: string;
}

/** Throws `spool_in_use`, with the owner's pid. */
export function lockSpool(directory: string): SpoolLock {
  const path = join(directory, 'lock');
  const owner: Owner = {
    token: randomUUID(),
    pid: process.pid,
    host: hostname(),
    startedAt: startOf(process.pid),
  };
  if (!create(path, owner)) {
    takeOver(directory, path);
    if (!create(path, owner)) throw inUse(directory, read(path));
  }
  const touchTimer = setInterval(() => touch(path, owner), TOUCH_MS);
  touchTimer.unref();
  return {
    release: () => {
      clearInterval(touchTimer);
      if (read(path)?.token === owner.token) rmSync(path, { force: true });
    },
  };
}

function create(path: string, owner: Owner): boolean {
  try {
    writeFileSync(path, JSON.stringify(owner), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a dead owner's lock; only one process at a time may judge it. */
function takeOver(directory: string, path: string): void {
  const guard = `${path}.takeover`;
  if (ageMs(guard) > TAKEOVER_MS_MAX) rmdirSync(guard);
  try {
    mkdirSync(guard);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw inUse(directory, read(path));
    throw error;
  }
  try {
    if (isAlive(read(path), path)) throw inUse(directory, read(path));
    rmSync(path, { force: true });
  } finally {
    rmdirSync(guard);
  }
}

function isAlive(owner: Owner | undefined, path: string): boolean {
  // Its process was killed while it wrote the lock, or is writing it just now.
  if (!owner) return ageMs(path) < TAKEOVER_MS_MAX && ageMs(path) >= 0;
  if (owner.host !== hostname()) return ageMs(path) < OTHER_HOST_DEAD_MS;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return owner.startedAt === startOf(owner.pid);
}

/** Ticks from the machine's start to the process's, which no two processes of a pid share. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie runs no more.
    return fields[0] === 'Z' ? 'dead' : String(fields[19]);
  } catch {
    return '';
  }
}

function read(path: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

function touch(path: string, owner: Owner): void {
  try {
    if (read(path)?.token === owner.token) utimesSync(path, new Date(), new Date());
  } catch {
    // It is touched again in a moment; nobody on this host minds.
  }
}

/** -Infinity when there is none. */
function ageMs(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return -Infinity;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

function inUse(directory: string, owner: Owner | undefined): TollkeeperError {
  const holder = owner ? `process ${owner.pid} on ${owner.host}` : 'another process';
  return new TollkeeperError(
    'spool_in_use',
    `The spool ${directory} is used by ${holder}: give each process, and each client, a ` +
      'directory of its own.',
  );
}
