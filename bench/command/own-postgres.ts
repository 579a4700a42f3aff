/** A Postgres for one benchmark, with databases that are migrated, and gone when it ends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../../src/db/migrate';
import { freePort } from '../../src/dev/free-port';
import { createDatabaseIfMissing, startPostgres } from '../../src/dev/postgres/server';

export interface OwnPostgres {
  /** What else is written may be there: it goes, too. */
  readonly folder: string;
  /** Answers its URL. */
  createLedger(name: string): Promise<string>;
}

export async function onOwnPostgres(
  of: string,
  work: (postgres: OwnPostgres) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), `tollkeeper-${of}-`));
  const server = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
  });
  const createLedger = async (name: string): Promise<string> => {
    await createDatabaseIfMissing(server.adminUrl, name);
    await migrate(server.databaseUrl(name));
    return server.databaseUrl(name);
  };
  try {
    await work({ folder, createLedger });
  } finally {
    await server.stop();
    await rm(server.dataFolder, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
