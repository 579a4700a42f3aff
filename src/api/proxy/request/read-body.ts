/** A body that has to be read whole before it can go on. */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DomainError } from '../../../core/errors';
import { createBoundedReader } from '../../limits/bounded-body';

/** OpenAI takes as much at once, pictures and sound in it included. */
const BODY_BYTES_MAX = 50 * 1024 * 1024;

/** All calls that are being read may take so much of the memory; the server ends slow ones. */
const BOUNDS = {
  bytesMax: BODY_BYTES_MAX,
  secondsMax: 300,
  allBytesMax: 1024 * 1024 * 1024,
  ownerBytesMax: 256 * 1024 * 1024,
};
const readBounded = createBoundedReader(BOUNDS);

/** Throws `payload_too_large`, `unsupported_media_type` or `too_many_requests`. */
export async function readRequest(request: IncomingMessage, owner: string): Promise<Buffer> {
  requireUncompressed(request);
  return readBounded(request, owner);
}

/** Throws `unsupported_media_type`. */
export function requireUncompressed({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  throw new DomainError(
    'unsupported_media_type',
    `Content-Encoding is ${encoding}: send the body uncompressed.`,
  );
}

export async function readBody(message: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (bytes <= BODY_BYTES_MAX) return Buffer.concat(chunks);
  throw new DomainError(
    'payload_too_large',
    `The body has ${bytes} bytes: expected at most ${BODY_BYTES_MAX}.`,
  );
}
