/**
 * What Temporal keeps, encrypted with AES-256-GCM: inputs, results, signals, updates, queries and
 * details. What was written in clear before, or with a key of before, is read as well.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { PayloadKeys } from './payload-keys';

const PayloadMessage = temporal.api.common.v1.Payload;

/** The names are those of Temporal's own samples, so other people's tools see what it is. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createPayloadCodec(keys: PayloadKeys): PayloadCodec {
  return {
    encode: async (payloads) => payloads.map((payload) => encrypted(payload, keys)),
    decode: async (payloads) => payloads.map((payload) => decrypted(payload, keys)),
  };
}

const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
const isEncrypted = ({ metadata }: Payload) => textOf(metadata?.encoding) === ENCODING;

function encrypted(payload: Payload, { encrypting, keys }: PayloadKeys): Payload {
  const key = encrypting === null ? undefined : keys.get(encrypting);
  if (encrypting === null || !key || isEncrypted(payload)) return payload;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(encrypting));
  const content = [cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()];
  return {
    metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(encrypting) },
    data: Buffer.concat([nonce, ...content, cipher.getAuthTag()]),
  };
}

function decrypted(payload: Payload, { keys }: PayloadKeys): Payload {
  if (!isEncrypted(payload)) return payload;
  const id = textOf(payload.metadata?.[KEY_ID]);
  const key = keys.get(id);
  if (!key) throw new PayloadKeyError(unknownKey(id, [...keys.keys()]));
  const data = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(boundTo(id));
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    const content = decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES));
    return PayloadMessage.decode(Buffer.concat([content, decipher.final()]));
  } catch {
    throw new PayloadKeyError(
      `What Temporal has was encrypted with the key ${id}, and changed since: it can't be read.`,
    );
  }
}

/** The id is part of what is authenticated. */
const boundTo = (id: string) => Buffer.from(`tollkeeper payload v1 ${id}`);

const unknownKey = (id: string, ids: readonly string[]) =>
  `What Temporal has is encrypted with the key ${id}, and TEMPORAL_PAYLOAD_KEYS has ` +
  `${ids.length === 0 ? 'no key' : ids.join(', ')}: add that key. Until then it is tried again.`;

/** Without the key nothing can be read, and nothing is lost: tasks fail, and are tried again. */
export class PayloadKeyError extends Error {
  override readonly name = 'PayloadKeyError';
}
