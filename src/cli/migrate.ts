/** `tollkeeper migrate`. */
import { loadMigrationConfig } from '../config';
import { grantAppRole } from '../db/app-role';
import { migrate, TRIED_AGAIN } from '../db/migrate';

export interface MigrateArguments {
  /** The number of the last migration; left out: all. */
  readonly to?: number;
  /** Whose rights are brought up to date as well. */
  readonly appRole?: string;
}

export async function migrateDatabase({ to, appRole }: MigrateArguments): Promise<void> {
  const say = (line: string) => {
    if (line.endsWith(TRIED_AGAIN)) console.error(line);
  };
  const databaseUrl = loadMigrationConfig().DATABASE_URL;
  const migrations = await migrate(databaseUrl, say, to);
  console.log(
    migrations.length === 0 ? 'The schema is up to date.' : `Applied ${migrations.join(', ')}`,
  );
  if (appRole === undefined) return;
  await grantAppRole(databaseUrl, appRole);
  console.log(`${appRole} has the rights that API and worker need, and no other.`);
}
