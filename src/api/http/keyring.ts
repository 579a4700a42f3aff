/**
 * Who may do what: bearer keys, their scopes, and the one customer that some are bound to. Whoever
 * asks without saying whom it is about closes the door to bound keys: no route is open by mistake.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import { findApiKey, hashApiKey } from '../../db/api-keys';
import type { ApiKey, ApiScope } from '../../db/api-keys';

/** A revoked key works at most this much longer. */
const CACHED_MS = 5_000;
/** Keys stay good while the database can't be reached, when nobody can revoke one either. */
const STALE_MS_MAX = 3_600_000;
const CACHED_KEYS_MAX = 10_000;

export interface BearerKey {
  readonly key: ApiKey;
  /** It is the text that was presented. */
  readonly secret: string;
}

/** All throw `unauthorized` or `forbidden`. */
export interface Keyring {
  /** A route about all customers, or about none, lets no bound key pass. */
  requireScope(scope: ApiScope): RequestHandler;
  /** A route about its parameter `customer` lets a bound key pass if it is that one's. */
  requireScopeForCustomer(scope: ApiScope): RequestHandler;
  /** The caller's key, bound or not: whoever asks for it compares `key.customer` by itself. */
  identify(request: IncomingMessage, scope: ApiScope): Promise<BearerKey>;
}

interface CachedKey {
  readonly key: ApiKey;
  readonly readAt: number;
  until: number;
}

export function createKeyring(pool: Pool): Keyring {
  const lookUp = cachedKeys(pool);

  const identify: Keyring['identify'] = async (request, scope) => {
    const secret = bearerOf(request);
    const key = await lookUp(secret);
    if (mayDo(key, scope)) return { key, secret };
    throw forbidden(key, `has the scopes ${key.scopes.join(', ')}: this needs ${scope}`);
  };

  const guard =
    (scope: ApiScope, customerOf: (params: Record<string, unknown>) => unknown): RequestHandler =>
    (request, response, next) => {
      identify(request, scope)
        .then(({ key }) => {
          requireCustomer(key, customerOf(request.params));
          response.locals.isBoundKey = key.customer !== null;
        })
        .then(() => next(), next);
    };

  return {
    identify,
    requireScope: (scope) => guard(scope, () => undefined),
    requireScopeForCustomer: (scope) => guard(scope, ({ customer }) => customer),
  };
}

/** Behind a guard: the key is one customer's own, and not the operator's. */
export const isForCustomerItself = ({ locals }: Response): boolean => locals.isBoundKey === true;

function cachedKeys(pool: Pool): (secret: string) => Promise<ApiKey> {
  const cache = new Map<string, CachedKey>();
  return async (secret) => {
    const hash = hashApiKey(secret);
    const name = hash.toString('base64');
    const cachedKey = cache.get(name);
    if (cachedKey && cachedKey.until > Date.now()) return cachedKey.key;
    const key = await findApiKey(pool, hash).catch((cause: unknown) => {
      if (!cachedKey || cachedKey.readAt + STALE_MS_MAX < Date.now()) throw notCheckable(cause);
      cachedKey.until = Date.now() + CACHED_MS;
      return cachedKey.key;
    });
    if (key === cachedKey?.key && key) return key;
    cache.delete(name);
    if (!key) throw unauthorized('The API key is not known, or was revoked');
    if (cache.size >= CACHED_KEYS_MAX) cache.clear();
    const readAt = Date.now();
    cache.set(name, { key, readAt, until: readAt + CACHED_MS });
    return key;
  };
}

function bearerOf({ headers }: IncomingMessage): string {
  const header = headers.authorization;
  if (header === undefined) throw unauthorized('The request has no Authorization header');
  const secret = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (secret === undefined) throw unauthorized('The Authorization header is not a bearer key');
  return secret;
}

/** Operators' keys call no models: nobody would pay. */
const mayDo = ({ scopes }: ApiKey, scope: ApiScope): boolean =>
  scopes.includes(scope) ||
  (scope !== 'proxy' && scopes.includes('admin')) ||
  // Figures of all customers are in nothing else that such a key could not read anyway.
  (scope === 'metrics' && scopes.includes('read'));

/** Says nothing of the other one: not even whether it exists. */
function requireCustomer(key: ApiKey, customer: unknown): void {
  if (key.customer === null || key.customer === customer) return;
  throw forbidden(key, `is bound to the customer ${key.customer}: this is not about that one`);
}

const forbidden = ({ name }: ApiKey, reason: string): DomainError =>
  new DomainError('forbidden', `The API key "${name}" ${reason}.`);

const unauthorized = (reason: string): DomainError =>
  new DomainError('unauthorized', `${reason}: expected "Authorization: Bearer tk_…".`);

function notCheckable(cause: unknown): DomainError {
  const error = new DomainError(
    'ledger_unavailable',
    'The key can not be checked because the database can not be reached. Send it again.',
  );
  error.cause = cause;
  return error;
}
