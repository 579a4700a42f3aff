/** `tollkeeper keys create`. */
import { loadConfig } from '../config';
import { API_SCOPES, createApiKey } from '../db/api-keys';
import type { ApiScope } from '../db/api-keys';
import { createPool } from '../db/pool';

export async function createKey(options: { name: string; scopes: string }): Promise<void> {
  const scopes = options.scopes.split(',').map((scope) => scopeNamed(scope.trim()));
  const pool = createPool({ connectionString: loadConfig().DATABASE_URL, max: 1 });
  try {
    const { key } = await createApiKey(pool, { name: options.name, scopes });
    console.log(key);
  } finally {
    await pool.end();
  }
}

function scopeNamed(name: string): ApiScope {
  const scope = API_SCOPES.find((known) => known === name);
  if (scope) return scope;
  throw new Error(`There is no scope "${name}": use ${API_SCOPES.join(', ')}.`);
}
