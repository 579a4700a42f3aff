/** API keys. Only their hashes are stored: a key is shown once, when it is made. */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { BillingStatus } from '../core/state/billing-state';

/** admin may everything but `proxy`: calling models on a customer's account. */
export const API_SCOPES = ['ingest', 'read', 'metrics', 'admin', 'proxy'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

/** What each key that is made here begins with. */
export const API_KEY_PREFIX = 'tk_';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** The only one whom the key may read and write; null: every customer. */
  readonly customer: string | null;
  /** Status of that customer. */
  readonly billingStatus: BillingStatus | null;
}

export interface ListedApiKey extends Omit<ApiKey, 'billingStatus'> {
  readonly createdAt: Date;
  readonly revokedAt: Date | null;
}

export interface NewApiKey {
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  readonly customer?: string;
  /** One that there is already, of a provider; else it is made. */
  readonly secret?: string;
}

export const hashApiKey = (key: string): Buffer => hash('sha256', key, 'buffer');

export async function createApiKey(
  pool: Pool,
  { name, scopes, customer, secret }: NewApiKey,
): Promise<{ id: string; key: string }> {
  const id = randomUUID();
  const key = secret ?? `${API_KEY_PREFIX}${randomBytes(32).toString('base64url')}`;
  await pool.query(
    'insert into api_keys (id, name, hash, scopes, customer) values ($1, $2, $3, $4, $5)',
    [id, name, hashApiKey(key), scopes, customer ?? null],
  );
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

/** Those of the hashes that are of keys in force, by the hash in base64. */
export async function findApiKeys(
  pool: Pool,
  hashes: readonly Buffer[],
): Promise<Map<string, ApiKey>> {
  const { rows } = await pool.query<ApiKey & { hash: Buffer }>(
    `select hash, id, api_keys.name, scopes, customer, billing_status as "billingStatus"
       from api_keys left join customers using (customer)
      where hash = any ($1::bytea[]) and revoked_at is null`,
    [hashes],
  );
  return new Map(rows.map(({ hash, ...key }) => [hash.toString('base64'), key]));
}

/** The oldest come first, and revoked ones are among them. */
export async function listApiKeys(pool: Pool): Promise<ListedApiKey[]> {
  const { rows } = await pool.query<ListedApiKey>(
    `select id, name, scopes, customer, created_at as "createdAt", revoked_at as "revokedAt"
       from api_keys order by created_at, id`,
  );
  return rows;
}
