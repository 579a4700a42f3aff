/** Idempotency keys: the first outcome is kept for 24 hours and given again. */
import { createHash } from 'node:crypto';
import type { World } from '../world';
import { invalid, StripeFault } from './fault';

const KEPT_MS = 24 * 3600 * 1000;
const MAX_LENGTH = 255;

export interface Answer {
  status: number;
  body: string;
}

/** It names the request that it first answered. */
export type Kept = Answer & { requestId: string };

export interface Idempotency {
  /** An answer to replay, or null: then the caller executes and must `finish` or `abandon`. */
  begin(key: string, fingerprint: string): Kept | null;
  finish(key: string, fingerprint: string, answer: Kept): void;
  abandon(key: string): void;
}

export function createIdempotency(world: World): Idempotency {
  const inFlight = new Set<string>();
  return {
    begin: (key, fingerprint) => {
      if (key.length > MAX_LENGTH) {
        throw invalid(
          `Idempotency keys have at most ${MAX_LENGTH} characters; this one has ${key.length}.`,
        );
      }
      if (inFlight.has(key)) {
        throw refusal(
          409,
          `There is currently another in-progress request using this Idempotent Key: ${key}.`,
          'idempotency_key_in_use',
        );
      }
      const keptAnswer = world.store.get('idempotency_key', key);
      if (keptAnswer && world.settings.realNowMs() - Number(keptAnswer.keptAtMs) < KEPT_MS) {
        if (keptAnswer.fingerprint !== fingerprint) throw mismatch(key);
        return {
          status: Number(keptAnswer.status),
          body: String(keptAnswer.body),
          requestId: String(keptAnswer.requestId),
        };
      }
      inFlight.add(key);
      return null;
    },
    finish: (key, fingerprint, answer) => {
      inFlight.delete(key);
      const keptAtMs = world.settings.realNowMs();
      world.store.put('idempotency_key', {
        id: key,
        object: 'idempotency_key',
        created: Math.floor(keptAtMs / 1000),
        keptAtMs,
        fingerprint,
        ...answer,
      });
    },
    abandon: (key) => void inFlight.delete(key),
  };
}

export function fingerprintOf(method: string, path: string, body: string): string {
  return createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex');
}

function mismatch(key: string): StripeFault {
  return refusal(
    400,
    `Keys for idempotent requests can only be used with the same parameters they were first used ` +
      `with. Try using a key other than '${key}' if you meant to execute a different request.`,
  );
}

function refusal(status: number, message: string, code?: string): StripeFault {
  return new StripeFault(status, {
    type: 'idempotency_error',
    message,
    ...(code !== undefined && { code }),
  });
}
