/** API keys. Only their hashes are stored: a key is shown once, when it is made. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';

/** admin may everything. */
export const API_SCOPES = ['ingest', 'read', 'admin'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
}

export const hashApiKey = (key: string): Buffer => createHash('sha256').update(key).digest();

export async function createApiKey(
  pool: Pool,
  { name, scopes }: { name: string; scopes: readonly ApiScope[] },
): Promise<{ id: string; key: string }> {
  const id = randomUUID();
  const key = `tk_${randomBytes(32).toString('base64url')}`;
  await pool.query('insert into api_keys (id, name, hash, scopes) values ($1, $2, $3, $4)', [
    id,
    name,
    hashApiKey(key),
    scopes,
  ]);
  return { id, key };
}

/** False when there is no such key, or it was revoked before. */
export async function revokeApiKey(pool: Pool, id: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'update api_keys set revoked_at = now() where id = $1 and revoked_at is null',
    [id],
  );
  return rowCount === 1;
}

export async function findApiKey(pool: Pool, hash: Buffer): Promise<ApiKey | undefined> {
  const { rows } = await pool.query<ApiKey>(
    'select id, name, scopes from api_keys where hash = $1 and revoked_at is null',
    [hash],
  );
  return rows[0];
}
