/**
 * Idempotency-Key: a key belongs to the request that it came with first. That request again is
 * answered as before; another one under its key is refused.
 */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import type { Pool } from 'pg';
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json';
import { DomainError } from '../../core/errors';
import { claimKey, keepAnswer } from '../../db/idempotency-keys';
import type { KeptAnswer, KeyUse } from '../../db/idempotency-keys';

export const idempotencyKeySchema = z.string().regex(/^[\x21-\x7e]{1,200}$/);

/** A request that got no answer may be made again as long as Stripe knows its keys. */
const UNANSWERED_SECONDS_MAX = 24 * 3600;

/**
 * `content` was parsed of body or query. `act` gets the key under which the workflow knows the
 * request; without a header it gets none, and each request is a new one.
 */
export async function answerOnce(
  pool: Pool,
  request: Request,
  content: unknown,
  act: (key: string | undefined) => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const key = keyOf(request);
  if (key === undefined) return act(undefined);
  return answerUnder(pool, key, [routeOf(request), content ?? null], act);
}

/** `identity`: what the key belongs to. */
export async function answerUnder(
  pool: Pool,
  key: string,
  identity: unknown,
  act: (key: string) => Promise<KeptAnswer>,
): Promise<KeptAnswer> {
  const first = await claim(pool, key, identity);
  if (first.answer) return first.answer;
  if (first.ageSeconds > UNANSWERED_SECONDS_MAX) throw unanswered(key, first);
  const answer = await act(`key:${key}`);
  await keepAnswer(pool, key, answer);
  return answer;
}

/** Refuses the key of another request. For requests that bear an id of their own, it is all. */
export async function useKey(
  pool: Pool,
  request: Request,
  content: unknown,
): Promise<{ readonly key: string; readonly first: KeyUse } | undefined> {
  const key = keyOf(request);
  if (key === undefined) return undefined;
  return { key, first: await claim(pool, key, [routeOf(request), content ?? null]) };
}

const routeOf = (request: Request): string =>
  `${request.method} ${decodeURIComponent(request.path)}`;

async function claim(pool: Pool, key: string, identity: unknown): Promise<KeyUse> {
  const requestHash = hash(identity);
  const firstUse = await claimKey(pool, key, requestHash);
  if (firstUse.requestHash === requestHash) return firstUse;
  throw new DomainError(
    'idempotency_key_reused',
    `The Idempotency-Key ${key} belongs to another request, of ${timeOf(firstUse)}: expected the ` +
      'same route and body. Nothing was done; send this one under a key of its own.',
  );
}

/** Throws `invalid_request` where the header is not as it may be. */
export function keyOf(request: Request): string | undefined {
  const key = request.header('idempotency-key');
  if (key === undefined || idempotencyKeySchema.safeParse(key).success) return key;
  throw new DomainError(
    'invalid_request',
    'The Idempotency-Key is not 1 to 200 visible ASCII characters: send such as a UUID.',
  );
}

const unanswered = (key: string, firstUse: KeyUse): DomainError =>
  new DomainError(
    'idempotency_key_expired',
    `The request of ${timeOf(firstUse)} with the Idempotency-Key ${key} got no answer that was kept, ` +
      'and may have been done. Look at what it was for, and send it under a new key if it was not.',
  );

const timeOf = ({ firstAt }: KeyUse): string => firstAt.toISOString();

const hash = (value: unknown): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex');
