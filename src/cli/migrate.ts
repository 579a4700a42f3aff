/** `tollkeeper migrate`. */
import { loadConfig } from '../config';
import { migrate, TRIED_AGAIN } from '../db/migrate';

export interface MigrateArguments {
  /** The number of the last migration; left out: all. */
  readonly to?: number;
}

export async function migrateDatabase({ to }: MigrateArguments): Promise<void> {
  const say = (line: string) => {
    if (line.endsWith(TRIED_AGAIN)) console.error(line);
  };
  const migrations = await migrate(loadConfig().DATABASE_URL, say, to);
  console.log(
    migrations.length === 0 ? 'The schema is up to date.' : `Applied ${migrations.join(', ')}`,
  );
}
