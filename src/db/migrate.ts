/** Applies the SQL files of `migrations/`, each once, in the order of their numbers. */
import { join } from 'node:path';

/** Applies what is missing and returns the names of what was applied. */
export async function migrate(
  databaseUrl: string,
  log: (line: string) => void = () => undefined,
): Promise<string[]> {
  // The package is an ES module, and only this command needs it.
  const { runner } = await import('node-pg-migrate');
  const migrations = await runner({
    databaseUrl,
    dir: join(__dirname, 'migrations'),
    migrationsTable: 'migrations',
    direction: 'up',
    // Two processes that start together: the second waits and finds nothing to do.
    advisoryLockMode: 'wait',
    logger: { debug: log, info: log, warn: log, error: log },
  });
  return migrations.map(({ name }) => name);
}
