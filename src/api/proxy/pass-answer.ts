/** Lets a provider's answer through to the caller, as fast as the caller reads. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { CALL_HEADER } from '../../sdk/headers';
import type { UsageFilter } from '../../sdk/usage-filter';
import { headersToCaller } from './request/headers';

const NOTHING = new Uint8Array();

export const typeOf = ({ headers }: IncomingMessage): string => headers['content-type'] ?? '';

/** Byte by byte. An answer or a caller that breaks off ends the other one. */
export async function passUnread(
  answer: IncomingMessage,
  body: Readable,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(answer.statusCode ?? 502, headersToCaller(answer.headers));
  response.flushHeaders();
  await pipeline(body, response).catch(() => response.destroy());
}

export interface Metering {
  /** The usage event's id, which a meter in the caller's app takes over; undefined: of several. */
  readonly callId: string | undefined;
  readonly filter: UsageFilter;
  /** Some of what passes may stay here. */
  readonly mayBeStream: boolean;
  /** Resolves when the usage that was told so far is on the disk. */
  recorded(): Promise<void>;
  /** Ends the answer, also while its caller reads nothing. */
  readonly signal: AbortSignal;
}

/**
 * The last bytes leave when the usage is on the disk: of a stream those that told it, of a plain
 * answer the last that came. A plain answer is read to its end though its caller is gone, because
 * it is made and billed.
 */
export async function passMetered(
  answer: IncomingMessage,
  response: ServerResponse,
  { callId, filter, mayBeStream, recorded, signal }: Metering,
): Promise<void> {
  const body = decodedBody(answer);
  const headers = headersToCaller(answer.headers);
  if (callId !== undefined) headers[CALL_HEADER] = callId;
  if (body !== answer) delete headers['content-encoding'];
  // Chunks may stay here, and then it is not as long as it was.
  if (mayBeStream || body !== answer) delete headers['content-length'];
  response.writeHead(answer.statusCode ?? 502, headers);
  response.flushHeaders();
  let heldBytes: Uint8Array = NOTHING;
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      const passingBytes = filter.pass(chunk);
      await recorded();
      const isStream = filter.isStream();
      await write(response, isStream ? passingBytes : heldBytes, signal);
      if (!isStream) heldBytes = passingBytes;
    }
    const lastBytes = filter.end();
    await recorded();
    if (!response.destroyed) response.end(Buffer.concat([heldBytes, lastBytes]));
  } catch {
    filter.broken();
    await recorded();
    response.destroy();
  }
}

/** Resolves when the caller can take more, or is gone. */
async function write(
  response: ServerResponse,
  chunk: Uint8Array,
  endSignal: AbortSignal,
): Promise<void> {
  if (chunk.length === 0 || response.destroyed || response.write(chunk)) return;
  const waitAbort = new AbortController();
  const signal = AbortSignal.any([waitAbort.signal, endSignal]);
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })])
    .catch(() => undefined)
    .finally(() => waitAbort.abort());
}

/** Asked not to, a provider may compress all the same. */
export function decodedBody(answer: IncomingMessage): Readable {
  const decoder = decoderOf(answer.headers['content-encoding']);
  if (!decoder) return answer;
  void pipeline(answer, decoder).catch(() => undefined);
  return decoder;
}

function decoderOf(encoding: string | undefined) {
  if (encoding === 'gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  return encoding === 'br' ? createBrotliDecompress() : undefined;
}
