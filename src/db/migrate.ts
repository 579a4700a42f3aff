/** Applies the SQL files of `migrations/`, each once, in the order of their numbers. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { runner } from 'node-pg-migrate';

/** A file that begins so has statements that Postgres takes only outside of a transaction. */
const ONE_BY_ONE = '-- Statement by statement';
const STATEMENT_END = /;\s*\n\s*\n/;

/** How a line of the log ends that tells of a wait. */
export const TRIED_AGAIN = ': tried again in a second.';

const PAUSE_MS = 1_000;
/** How often a lock is asked for that others hold; each time they wait as long as its file says. */
const LOCK_TRIES_MAX = 600;

/**
 * Applies what is missing, up to the file with the number `upTo` if that is given, and returns the
 * names of what was applied.
 */
export async function migrate(
  databaseUrl: string,
  log: (line: string) => void = () => undefined,
  upTo = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  // The package is an ES module, and only this command needs it.
  const { runner } = await import('node-pg-migrate');
  const names: string[] = [];
  for (;;) {
    const migration = await patiently(log, () =>
      runner({
        databaseUrl,
        dir: join(__dirname, 'migrations'),
        migrationsTable: 'migrations',
        migrationLoaderStrategies: [
          { extensions: ['.sql'], loader: (paths) => loadFiles(paths, upTo) },
        ],
        direction: 'up',
        count: 1,
        // Whoever waits for this lock has a snapshot, for whose end `concurrently` would wait.
        advisoryLockMode: 'fail',
        logger: { debug: log, info: log, warn: log, error: log },
      }),
    );
    if (migration === undefined) return names;
    names.push(migration.name);
  }
}

type Runner = typeof runner;
type Migrations = Awaited<ReturnType<Runner>>;

/** Two processes that start together: the second waits and finds nothing to do. */
async function patiently(
  log: (line: string) => void,
  run: () => Promise<Migrations>,
): Promise<Migrations[number] | undefined> {
  for (let lockTries = 1; ; await pause(PAUSE_MS)) {
    try {
      return (await run())[0];
    } catch (error) {
      const { message, code } = error as Error & { code?: string };
      const isElsewhere = message.startsWith('Another migration is already running');
      if (!isElsewhere && code !== '55P03') throw error;
      if (!isElsewhere && lockTries++ >= LOCK_TRIES_MAX) throw error;
      log(`${message}${TRIED_AGAIN}`);
    }
  }
}

async function loadFiles(paths: readonly string[], upTo: number) {
  const wantedPaths = paths.filter((path) => Number.parseInt(basename(path), 10) <= upTo);
  return Promise.all(
    wantedPaths.map(async (path) => {
      const text = await readFile(path, 'utf8');
      return { id: path, filePaths: [path], actions: { up: applying(text), down: false as const } };
    }),
  );
}

/** What the package offers a migration. */
interface Steps {
  sql(text: string): unknown;
  noTransaction(): unknown;
}

const applying =
  (text: string) =>
  (steps: Steps): void => {
    const isOneByOne = text.startsWith(ONE_BY_ONE);
    if (isOneByOne) steps.noTransaction();
    for (const statement of isOneByOne ? text.split(STATEMENT_END) : [text]) steps.sql(statement);
  };
