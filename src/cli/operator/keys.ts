/** `tollkeeper keys`: create, list, revoke. */
import { text as readAll } from 'node:stream/consumers';
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import {
  API_KEY_PREFIX,
  API_SCOPES,
  createApiKey,
  listApiKeys,
  revokeApiKey,
} from '../../db/api-keys';
import type { ApiScope, ListedApiKey } from '../../db/api-keys';
import { findCustomer } from '../../db/customers';
import { createPool } from '../../db/pool';
import { operatorConfig } from './operator-config';
import { forTerminal } from '../terminal/terminal-text';

/** Shorter is no random key, and could be found again from its hash. */
const SECRET_LENGTH_MIN = 20;
const UNIQUE_VIOLATION = '23505';

export interface CreateKeyArguments {
  readonly name: string;
  readonly scopes: string;
  readonly customer?: string;
  /** The key is taken from standard input. */
  readonly existing?: boolean;
}

export async function createKey(options: CreateKeyArguments): Promise<void> {
  const { name, customer } = options;
  const scopes = options.scopes.split(',').map((scope) => scopeNamed(scope.trim()));
  checkBinding(scopes, customer);
  const secret = options.existing ? checkedSecret(await readAll(process.stdin)) : undefined;
  await withPool(async (pool) => {
    if (customer !== undefined && !(await findCustomer(pool, customer)))
      throw refused(`There is no customer ${customer}: make it by PUT /v1/customers/${customer}.`);
    const apiKey = await createApiKey(pool, { name, scopes, customer, secret }).catch(
      (error: unknown) => {
        if ((error as { code?: unknown }).code !== UNIQUE_VIOLATION) throw error;
        throw refused('This key is registered already, or was and is revoked.');
      },
    );
    console.log(secret === undefined ? apiKey.key : `Registered as ${apiKey.id}.`);
  });
}

export const listKeys = ({ json }: { json?: boolean }): Promise<void> =>
  withPool(async (pool) => {
    const keys = await listApiKeys(pool);
    const text = json ? JSON.stringify({ keys }) : keys.map(lineOf).join('\n') || 'No keys.';
    console.log(forTerminal(text));
  });

export const revokeKey = (id: string): Promise<void> =>
  withPool(async (pool) => {
    if (!(await revokeApiKey(pool, id)))
      throw refused(`There is no key ${id} that works: \`keys list\` has the ids.`);
    console.log('Revoked: it works five seconds longer at most.');
  });

const lineOf = ({ id, name, scopes, customer, createdAt, revokedAt }: ListedApiKey): string =>
  [
    id,
    createdAt.toISOString(),
    scopes.join(','),
    customer === null ? 'every customer' : `customer ${customer}`,
    name,
    ...(revokedAt ? [`revoked ${revokedAt.toISOString()}`] : []),
  ].join('  ');

function scopeNamed(name: string): ApiScope {
  const scope = API_SCOPES.find((scopeName) => scopeName === name);
  if (scope) return scope;
  throw refused(`There is no scope "${name}": use ${API_SCOPES.join(', ')}.`);
}

function checkBinding(scopes: readonly ApiScope[], customer: string | undefined): void {
  if (customer !== undefined && scopes.includes('admin'))
    throw refused('A key of one customer may not have the scope admin, which is for all of them.');
  if (customer === undefined && scopes.includes('proxy'))
    throw refused('A key with the scope proxy needs --customer: whose calls they are.');
}

function checkedSecret(text: string): string {
  const secret = text.trim();
  if (!/^\S+$/.test(secret) || secret.length < SECRET_LENGTH_MIN)
    throw refused(`Expected a key of ${SECRET_LENGTH_MIN} characters or more on standard input.`);
  if (secret.startsWith(API_KEY_PREFIX))
    throw refused(`${API_KEY_PREFIX}… is what keys made here begin with: expected another one.`);
  return secret;
}

async function withPool(work: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = createPool({ connectionString: (await operatorConfig()).DATABASE_URL, max: 1 });
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

const refused = (message: string): DomainError => new DomainError('invalid_request', message);
