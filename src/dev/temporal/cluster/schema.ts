/** The cluster's own tables in Postgres, made and brought up to date by Temporal's tool. */
import { Client } from 'pg';
import type { Progress } from '../../cache';
import { runBuild } from '../../build-command';
import { createDatabaseIfMissing } from '../../postgres/server';
import { DATABASES } from './configuration';
import type { DatabaseAccess } from './configuration';

export async function ensureSchema(
  sqlTool: string,
  { host, port, user, password }: DatabaseAccess,
  progress: Progress,
): Promise<void> {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  const urlOf = (database: string) => `postgres://${credentials}@${host}:${port}/${database}`;
  const quiet: Progress = () => undefined;
  for (const [kind, database] of Object.entries(DATABASES)) {
    await createDatabaseIfMissing(urlOf('postgres'), database);
    const tool = (args: readonly string[]) =>
      runBuild(
        {
          what: `Temporal's schema of ${database}`,
          command: sqlTool,
          args: [
            ...['--plugin', 'postgres12', '--ep', host, '-p', String(port)],
            ...['-u', user, '--db', database, ...args],
          ],
          // The password is seen by nobody who lists processes.
          env: { SQL_PASSWORD: password },
        },
        quiet,
      );
    if (!(await hasTables(urlOf(database)))) {
      progress(`Creating Temporal's tables in ${database}`);
      await tool(['setup-schema', '-v', '0.0']);
    }
    const schema = kind === 'visibility' ? 'postgresql/v12/visibility' : 'postgresql/v12/temporal';
    await tool(['update-schema', '--schema-name', schema]);
  }
}

async function hasTables(databaseUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ found: string | null }>(
      `select to_regclass('schema_version')::text as found`,
    );
    return rows[0]?.found !== null;
  } finally {
    await client.end();
  }
}
