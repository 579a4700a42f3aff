/** The API keys of the development stack: made once, kept in a file of the owner. */
import { readFile, writeFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import { createApiKey, findApiKeys, hashApiKey } from '../../db/api-keys';
import type { ApiScope } from '../../db/api-keys';
import { createPool } from '../../db/pool';

export interface DevelopmentKeys {
  readonly adminKey: string;
  readonly ingestKey: string;
}

const OWNER_ONLY = 0o600;

export async function ensureDevelopmentKeys(
  databaseUrl: string,
  file: string,
): Promise<DevelopmentKeys> {
  const savedKeys = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Partial<DevelopmentKeys>,
    () => ({}) as Partial<DevelopmentKeys>,
  );
  const pool = createPool({ connectionString: databaseUrl, max: 1 });
  try {
    const keys: DevelopmentKeys = {
      adminKey: await validOrNew(pool, savedKeys.adminKey, 'admin'),
      ingestKey: await validOrNew(pool, savedKeys.ingestKey, 'ingest'),
    };
    await writeFile(file, `${JSON.stringify(keys, null, 2)}\n`, { mode: OWNER_ONLY });
    return keys;
  } finally {
    await pool.end();
  }
}

/** The database may be another one than when the key was saved. */
async function validOrNew(
  pool: Pool,
  savedKey: string | undefined,
  scope: ApiScope,
): Promise<string> {
  if (savedKey && (await findApiKeys(pool, [hashApiKey(savedKey)])).size > 0) return savedKey;
  const { key } = await createApiKey(pool, { name: `development ${scope}`, scopes: [scope] });
  return key;
}
