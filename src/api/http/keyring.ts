/**
 * Who may do what: bearer keys, their scopes, and the one customer that some are bound to. Whoever
 * asks without saying whom it is about closes the door to bound keys: no route is open by mistake.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import type { ApiKey, ApiScope } from '../../db/api-keys';
import { clientNetwork } from '../client-address';
import type { Exchange } from '../limits/hold-back';
import { createKeyLookUp } from '../limits/key-look-up';
import type { KeyLookUp } from '../limits/key-look-up';
import type { Refusals } from '../limits/refusals';
import type { LimitClass, RequestLimits } from '../limits/request-limits';
import { isWithoutKey } from '../limits/visits';
import { bearerIn, presentedKey } from '../presented-key';

export interface BearerKey {
  readonly key: ApiKey;
  /** It is the text that was presented. */
  readonly secret: string;
}

/** All throw `unauthorized`, `forbidden` or `too_many_requests`, before any body is read. */
export interface Keyring {
  /** A route about all customers, or about none, lets no bound key pass. */
  requireScope(scope: ApiScope): RequestHandler;
  /** A route about its parameter `customer` lets a bound key pass if it is that one's. */
  requireScopeForCustomer(scope: ApiScope): RequestHandler;
  /**
   * Whoever has to wait anyway is refused before it is looked at what it wants, by a promise that
   * throws; undefined: it may go on, and is asked for its key where one is needed.
   */
  turnAway(exchange: Exchange): Promise<void> | undefined;
  /** A route has told it to wait: what it goes on asking for is turned away the sooner. */
  chargeRefusal(exchange: Exchange): void;
  /** The caller's key, bound or not: whoever asks for it compares `key.customer` by itself. */
  identify(exchange: Exchange, scope: ApiScope): Promise<BearerKey>;
  /** A key that was let in, as it is now; it costs nobody's share. Throws `unauthorized`. */
  lookAgain(secret: string): Promise<ApiKey>;
}

export interface KeyringDeps {
  readonly pool: Pool;
  readonly limits: Omit<RequestLimits, 'chargeBytes'>;
  readonly refusals: Refusals;
  /** What stands behind every guard, and before no other request: whatever reads a body. */
  readonly parseBody: RequestHandler;
}

export function createKeyring({ pool, limits, refusals, parseBody }: KeyringDeps): Keyring {
  const keys = createKeyLookUp(pool);

  const lookAgain: Keyring['lookAgain'] = async (secret) => {
    const key = await keys.find(secret);
    if (!key) throw unauthorized('The API key is not known, or was revoked');
    return key;
  };

  /** A key that is known passes, whatever others at its address do. */
  const find = async (exchange: Exchange, scope: ApiScope): Promise<BearerKey> => {
    try {
      const secret = secretOf(exchange.request, scope);
      if (!keys.lastSeen(secret)) await refusals.requireGoodFaith(exchange);
      return { key: await lookAgain(secret), secret };
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'unauthorized') throw error;
      await refusals.note(exchange, 'wrong_key');
      throw error;
    }
  };

  const identify: Keyring['identify'] = async (exchange, scope) => {
    const bearer = await find(exchange, scope);
    const { key } = bearer;
    await limits.require(classOf(exchange.request, scope), key.id, exchange);
    if (mayDo(key, scope)) return bearer;
    throw forbidden(key, `has the scopes ${key.scopes.join(', ')}: this needs ${scope}`);
  };

  const guard =
    (scope: ApiScope, customerOf: (params: Record<string, unknown>) => unknown): RequestHandler =>
    (request, response, next) => {
      identify({ request, response }, scope)
        .then(({ key }) => {
          requireCustomer(key, customerOf(request.params));
          response.locals.isBoundKey = key.customer !== null;
          response.locals.keyId = key.id;
        })
        .then(() => parseBody(request, response, next), next);
    };

  return {
    identify,
    lookAgain,
    ...createTurnstile({ keys, limits, refusals }),
    requireScope: (scope) => guard(scope, () => undefined),
    requireScopeForCustomer: (scope) => guard(scope, ({ customer }) => customer),
  };
}

/** What is known of a request before it is routed, from its address and a key that was seen. */
function createTurnstile({
  keys,
  limits,
  refusals,
}: Pick<KeyringDeps, 'limits' | 'refusals'> & {
  readonly keys: KeyLookUp;
}): Pick<Keyring, 'turnAway' | 'chargeRefusal'> {
  /** Whose share it is; undefined: neither a visit, nor of a key that was seen. */
  const shareOf = (request: IncomingMessage) => {
    if (isWithoutKey(request)) return { limit: 'visits', name: clientNetwork(request) } as const;
    const secret = bearerIn(request.headers);
    const key = secret === undefined ? undefined : keys.lastSeen(secret);
    return key && { limit: classOf(request, 'read'), name: key.id };
  };

  return {
    turnAway: (exchange) => {
      const { request } = exchange;
      const share = shareOf(request);
      if (share) {
        const { limit, name } = share;
        return limits.isUsedUp(limit, name) ? limits.require(limit, name, exchange) : undefined;
      }
      const isStranger = bearerIn(request.headers) !== undefined && limits.isShutOut(request);
      return isStranger ? refusals.requireGoodFaith(exchange) : undefined;
    },
    chargeRefusal: (exchange) => {
      const share = shareOf(exchange.request);
      if (share) limits.chargeRefusal(share.limit, share.name, exchange);
    },
  };
}

function classOf({ method }: IncomingMessage, scope: ApiScope): LimitClass {
  if (scope === 'ingest') return 'usage';
  if (scope === 'proxy') return 'proxy';
  return method === 'GET' || method === 'HEAD' ? 'reads' : 'writes';
}

/** Behind a guard: the key is one customer's own, and not the operator's. */
export const isForCustomerItself = ({ locals }: Response): boolean => locals.isBoundKey === true;

/** Clients of providers have other places for a key. */
function secretOf({ headers }: IncomingMessage, scope: ApiScope): string {
  const secret = scope === 'proxy' ? presentedKey(headers)?.secret : bearerIn(headers);
  if (secret !== undefined) return secret;
  if (headers.authorization === undefined)
    throw unauthorized('The request has no Authorization header');
  throw unauthorized('The Authorization header is not a bearer key');
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
