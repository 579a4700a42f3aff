/** Every kind of key that there can be, and what the OpenAPI document lets each of them do. */
import type { Pool } from 'pg';
import { createApiKey, revokeApiKey } from '../../../src/db/api-keys';
import type { ApiScope } from '../../../src/db/api-keys';
import type { DocumentedOperation } from '../api/documented-operations';

export interface MatrixKey {
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  /** undefined: every customer's. */
  readonly customer?: string;
  /** undefined: nothing is sent. */
  readonly authorization: string | undefined;
}

/** One is of no customer by the database's word, the other of one. */
const UNBOUND: readonly ApiScope[] = ['ingest', 'read', 'metrics', 'admin'];
const BOUND: readonly ApiScope[] = ['ingest', 'read', 'metrics', 'proxy'];

/** Keys that work: each scope alone, and all that one key can have. */
export async function createMatrixKeys(pool: Pool, customer: string): Promise<MatrixKey[]> {
  const make = async (scopes: readonly ApiScope[], bound?: string): Promise<MatrixKey> => {
    const name = `${scopes.join('+')}${bound === undefined ? '' : ` of ${bound}`}`;
    const { key } = await createApiKey(pool, { name, scopes, customer: bound });
    return { name, scopes, customer: bound, authorization: `Bearer ${key}` };
  };
  const keys: MatrixKey[] = [];
  for (const scopes of [...UNBOUND.map((scope) => [scope]), UNBOUND]) keys.push(await make(scopes));
  for (const scopes of [...BOUND.map((scope) => [scope]), BOUND])
    keys.push(await make(scopes, customer));
  return keys;
}

/** What opens nothing: no key, one that is none, one that was taken back. */
export async function createDeadKeys(pool: Pool): Promise<MatrixKey[]> {
  const { id, key } = await createApiKey(pool, { name: 'revoked', scopes: ['admin'] });
  await revokeApiKey(pool, id);
  const headers: Readonly<Record<string, string | undefined>> = {
    none: undefined,
    unknown: `Bearer tk_${'x'.repeat(43)}`,
    revoked: `Bearer ${key}`,
    'without a scheme': key,
    'of another scheme': `Basic ${Buffer.from(`admin:${key}`).toString('base64')}`,
    empty: 'Bearer ',
    'two of them': `Bearer ${key}, Bearer ${key}`,
  };
  return Object.entries(headers).map(([name, authorization]) => ({
    ...{ name, scopes: [], authorization },
  }));
}

/** By the document's word alone. `customer`: whom the path names. */
export function mayPass(
  { scopes, customer }: MatrixKey,
  { operation }: DocumentedOperation,
  named: string | undefined,
): boolean {
  const [wanted] = operation.security[0].apiKey;
  if (!scopes.some((scope) => scope === wanted || scope === 'admin')) return false;
  if (customer === undefined) return true;
  const passes = { own: named === customer, 'by-event': true, none: false };
  return passes[operation['x-bound-keys']];
}
