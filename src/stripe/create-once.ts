/**
 * Creating one object at Stripe exactly once, however often and by whomever it is tried. The
 * idempotency key does it for a day; past that, and after a stored failure, we look before we send.
 */
import { setTimeout as pause } from 'node:timers/promises';
import Stripe from 'stripe';
import { classifyStripeError } from './errors';

/** Stripe keeps a key at least 24 hours. */
const KEY_TRUSTED_MS = 23 * 60 * 60 * 1000;
/** Another process is at the same step under the same key: it is done in a moment. */
const CONFLICT_TRIES_MAX = 8;
const CONFLICT_PAUSE_MS = 250;

export interface Creation<T> {
  readonly idempotencyKey: string;
  /** This was tried first then, at the earliest. */
  readonly firstTriedAt: Date;
  readonly now: Date;
  /** What an earlier try has made, by metadata. */
  readonly find: () => Promise<T | null>;
  readonly create: (options: { idempotencyKey: string }) => Promise<T>;
}

export async function createOnce<T>(creation: Creation<T>): Promise<T> {
  const { idempotencyKey, firstTriedAt, now, find, create } = creation;
  if (now.getTime() - firstTriedAt.getTime() > KEY_TRUSTED_MS) {
    const earlierObject = await find();
    if (earlierObject !== null) return earlierObject;
  }
  try {
    return await patiently(() => create({ idempotencyKey }));
  } catch (error) {
    if (!isStoredFailure(error)) throw error;
    // Stripe would answer this key with the same failure for a day, whatever has come of it.
    const earlierObject = await find();
    return earlierObject ?? patiently(() => create({ idempotencyKey: `${idempotencyKey}:again` }));
  }
}

async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      const kind = classifyStripeError(error)?.kind;
      const isBusy = kind === 'conflict' || kind === 'lock_timeout';
      if (!isBusy || tries === CONFLICT_TRIES_MAX) throw error;
      await pause(CONFLICT_PAUSE_MS);
    }
  }
}

function isStoredFailure(error: unknown): boolean {
  return (
    error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true'
  );
}
