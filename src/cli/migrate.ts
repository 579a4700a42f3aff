/** `tollkeeper migrate`. */
import { loadConfig } from '../config';
import { migrate } from '../db/migrate';

export async function migrateDatabase(): Promise<void> {
  const migrations = await migrate(loadConfig().DATABASE_URL);
  console.log(
    migrations.length === 0 ? 'The schema is up to date.' : `Applied ${migrations.join(', ')}`,
  );
}
