/** A real Postgres from npm on the loopback address, its data in a folder of ours. */
import { execFile } from 'node:child_process';
import { access, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import type { RunningChild } from '../processes/child-process';
import { startChild, untilReady } from '../processes/child-process';
import type { PostgresBinaries } from './binaries';
import { commandOf } from '../processes/process-identity';
import { postgresBinaries } from './binaries';
import { postgresOwner, reachableBinaries, reachableDataFolder } from './run-as';
import type { Owner } from './run-as';

const USER = 'tollkeeper';
const PASSWORD = 'tollkeeper';
const READY_LIMIT_MS = 60_000;

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '256MB',
  max_wal_size: '2GB',
};

export interface PostgresOptions {
  readonly dataFolder: string;
  readonly logFile: string;
  readonly onSpawn?: (pid: number) => Promise<void>;
  readonly port: number;
  /** They are added to our settings; tests switch fsync off. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface PostgresServer {
  /** Address of the administrator's database `postgres`. */
  readonly adminUrl: string;
  /** The data really are there. */
  readonly dataFolder: string;
  readonly child: RunningChild;
  databaseUrl(database: string): string;
  stop(): Promise<void>;
}

export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const owner = await postgresOwner();
  const binaries = await reachableBinaries(await postgresBinaries(), owner);
  const dataFolder = await reachableDataFolder(resolve(options.dataFolder), owner);
  if (!(await exists(join(dataFolder, 'PG_VERSION'))))
    await initialise(binaries, dataFolder, owner);
  await removeStaleLock(dataFolder);
  const settings = Object.entries({ ...SETTINGS, ...options.settings });
  const child = await startChild({
    command: binaries.postgres,
    args: [
      ...['-D', dataFolder, '-p', String(options.port)],
      ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    logFile: options.logFile,
    onSpawn: options.onSpawn,
    cwd: dataFolder,
    // Postgres's "fast shutdown": it doesn't wait for clients.
    stopSignal: 'SIGINT',
    stopGraceMs: 15_000,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    ...owner,
  });
  const databaseUrl = (database: string) =>
    `postgres://${USER}:${PASSWORD}@127.0.0.1:${options.port}/${database}`;
  const adminUrl = databaseUrl('postgres');
  await untilReady(child, 'Postgres', () => answers(adminUrl), READY_LIMIT_MS);
  return { adminUrl, dataFolder, child, databaseUrl, stop: () => child.stop() };
}

async function initialise(binaries: PostgresBinaries, folder: string, owner?: Owner) {
  const passwordFile = join(tmpdir(), `tollkeeper-${process.pid}-${Date.now()}`);
  await writeFile(passwordFile, PASSWORD, { mode: 0o644 });
  const args = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', `--username=${USER}`];
  try {
    await promisify(execFile)(
      binaries.initdb,
      [`--pgdata=${folder}`, `--pwfile=${passwordFile}`, ...args],
      { ...owner, cwd: owner ? '/' : undefined },
    );
  } catch (error) {
    // A half-made cluster would be taken for a whole one on the next start.
    await rm(join(folder, 'PG_VERSION'), { force: true });
    throw new Error(`Postgres could not create its data in ${folder}: ${String(error)}`);
  } finally {
    await unlink(passwordFile);
  }
}

/** A killed Postgres leaves its lock file; the pid in it may since belong to another program. */
async function removeStaleLock(dataFolder: string): Promise<void> {
  const file = join(dataFolder, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!pid) return;
  if ((await commandOf(pid))?.includes(dataFolder)) {
    throw new Error(
      `Postgres (pid ${pid}) is already running on ${dataFolder}: stop the other stack first.`,
    );
  }
  if (process.platform === 'linux') await rm(file, { force: true });
}

/** Tells whether a server accepts connections there. */
export async function answers(databaseUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

export async function createDatabaseIfMissing(adminUrl: string, name: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
