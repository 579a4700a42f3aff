/**
 * Bearer keys by their hashes: remembered for a moment, and asked of the database many at once, so
 * that a flood of keys that are none costs one query after the other, and not one each.
 */
import type { Pool } from 'pg';
import { DomainError } from '../../core/errors';
import { findApiKeys, hashApiKey } from '../../db/api-keys';
import type { ApiKey } from '../../db/api-keys';
import { remember } from './remember';

/** A revoked key works at most this much longer, and one that was just made is found as soon. */
const CACHED_MS = 5_000;
/** Keys stay good while the database can't be reached, when nobody can revoke one either. */
const STALE_MS_MAX = 3_600_000;
const KEYS_PER_QUERY = 500;

export interface KeyLookUp {
  /** What it was when last looked at: whoever presents it is no stranger. */
  lastSeen(secret: string): ApiKey | undefined;
  /** Undefined: there is none, or it was revoked. Throws `ledger_unavailable`. */
  find(secret: string): Promise<ApiKey | undefined>;
}

interface CachedKey {
  readonly key: ApiKey;
  readonly readAt: number;
  until: number;
}

export function createKeyLookUp(pool: Pool): KeyLookUp {
  const cache = new Map<string, CachedKey>();
  /** These are no keys, and until when that is believed. */
  const absentKeys = new Map<string, number>();
  const readKey = readTogether(pool);

  const find = async (name: string, hash: Buffer): Promise<ApiKey | undefined> => {
    const cachedKey = cache.get(name);
    if (cachedKey && cachedKey.until > Date.now()) return cachedKey.key;
    if ((absentKeys.get(name) ?? 0) > Date.now()) return undefined;
    const key = await readKey(name, hash).catch((cause: unknown) => {
      if (!cachedKey || cachedKey.readAt + STALE_MS_MAX < Date.now()) throw notCheckable(cause);
      cachedKey.until = Date.now() + CACHED_MS;
      return cachedKey.key;
    });
    if (key === cachedKey?.key && key) return key;
    cache.delete(name);
    const readAt = Date.now();
    if (key) remember(cache, name, { key, readAt, until: readAt + CACHED_MS });
    else remember(absentKeys, name, readAt + CACHED_MS);
    return key;
  };

  return {
    lastSeen: (secret) => cache.get(hashApiKey(secret).toString('base64'))?.key,
    find: (secret) => {
      const hash = hashApiKey(secret);
      return find(hash.toString('base64'), hash);
    },
  };
}

interface Reader {
  readonly resolve: (key: ApiKey | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** While one query is under way, whoever else asks waits for the next, which asks for them all. */
function readTogether(pool: Pool) {
  const readers = new Map<string, { readonly hash: Buffer; readonly readers: Reader[] }>();
  let isReading = false;

  const readNext = async (): Promise<void> => {
    const names = [...readers.keys()].slice(0, KEYS_PER_QUERY);
    const group = names.map((name) => [name, readers.get(name)] as const);
    for (const name of names) readers.delete(name);
    try {
      const hashes = group.flatMap(([, question]) => (question ? [question.hash] : []));
      const keys = await findApiKeys(pool, hashes);
      for (const [name, question] of group)
        for (const { resolve } of question?.readers ?? []) resolve(keys.get(name));
    } catch (error) {
      for (const [, question] of group)
        for (const { reject } of question?.readers ?? []) reject(error);
    }
  };
  const readAll = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    while (readers.size > 0) await readNext();
    isReading = false;
  };

  return (name: string, hash: Buffer): Promise<ApiKey | undefined> =>
    new Promise((resolve, reject) => {
      const question = readers.get(name) ?? { hash, readers: [] };
      question.readers.push({ resolve, reject });
      readers.set(name, question);
      void readAll();
    });
}

function notCheckable(cause: unknown): DomainError {
  const error = new DomainError(
    'ledger_unavailable',
    'The key can not be checked because the database can not be reached. Send it again.',
  );
  error.cause = cause;
  return error;
}
