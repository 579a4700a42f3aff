/** TEMPORAL_PAYLOAD_KEYS → keys: what is written is encrypted with the first, read with any. */
import { createHash } from 'node:crypto';

export interface PayloadKeys {
  /** The first key's id; null: nothing is encrypted, and what was before is read all the same. */
  readonly encrypting: string | null;
  /** They are found by their ids, and have 32 bytes each. */
  readonly keys: ReadonlyMap<string, Buffer>;
}

/** It stands for the first key where encryption is switched off, and keys of before are known. */
const NO_KEY = 'none';
const ID_LENGTH = 12;

/** `text`: `KEY,…` in base64, as src/config.ts has checked it; undefined: there are no keys. */
export function payloadKeys(text: string | undefined): PayloadKeys {
  const [first = NO_KEY, ...others] = text?.split(',') ?? [];
  const encoded = first === NO_KEY ? others : [first, ...others];
  const keys = encoded.map((key) => Buffer.from(key, 'base64'));
  const byId = new Map(keys.map((key) => [idOf(key), key]));
  const [encrypting = null] = byId.keys();
  return { encrypting: first === NO_KEY ? null : encrypting, keys: byId };
}

/** Made of the key: two that differ are never taken for one, as two of one name would be. */
const idOf = (key: Buffer): string =>
  createHash('sha256')
    .update('tollkeeper payload key id v1')
    .update(key)
    .digest('hex')
    .slice(0, ID_LENGTH);
