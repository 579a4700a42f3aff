/** Who may do what: bearer keys and their scopes. */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import type { Pool } from 'pg';
import { DomainError } from '../core/errors';
import { findApiKey, hashApiKey } from '../db/api-keys';
import type { ApiKey, ApiScope } from '../db/api-keys';

/** A revoked key works at most this much longer. */
const CACHED_MS = 5_000;
const CACHED_KEYS_MAX = 10_000;

export interface Keyring {
  /** The caller's key; throws `unauthorized` or `forbidden`. */
  authorize(request: IncomingMessage, scope: ApiScope): Promise<ApiKey>;
  requireScope(scope: ApiScope): RequestHandler;
}

export function createKeyring(pool: Pool): Keyring {
  const cache = new Map<string, { readonly key: ApiKey; readonly until: number }>();

  const lookUp = async (secret: string): Promise<ApiKey> => {
    const hash = hashApiKey(secret);
    const name = hash.toString('base64');
    const cached = cache.get(name);
    if (cached && cached.until > Date.now()) return cached.key;
    cache.delete(name);
    const key = await findApiKey(pool, hash).catch((cause: unknown) => {
      const error = new DomainError(
        'ledger_unavailable',
        'The key can not be checked because the database can not be reached. Send it again.',
      );
      error.cause = cause;
      throw error;
    });
    if (!key) throw unauthorized('The API key is not known, or was revoked');
    if (cache.size >= CACHED_KEYS_MAX) cache.clear();
    cache.set(name, { key, until: Date.now() + CACHED_MS });
    return key;
  };

  const authorize: Keyring['authorize'] = async (request, scope) => {
    const header = request.headers.authorization;
    if (header === undefined) throw unauthorized('The request has no Authorization header');
    const secret = /^Bearer +(\S+)$/i.exec(header)?.[1];
    if (secret === undefined) throw unauthorized('The Authorization header is not a bearer key');
    const key = await lookUp(secret);
    if (key.scopes.includes(scope) || key.scopes.includes('admin')) return key;
    throw new DomainError(
      'forbidden',
      `The API key "${key.name}" has the scopes ${key.scopes.join(', ')}: this needs ${scope}.`,
    );
  };

  return {
    authorize,
    requireScope: (scope) => (request, _response, next) => {
      authorize(request, scope).then(() => next(), next);
    },
  };
}

const unauthorized = (reason: string): DomainError =>
  new DomainError('unauthorized', `${reason}: expected "Authorization: Bearer tk_…".`);
