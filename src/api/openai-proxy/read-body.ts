/** A body that has to be read whole before it can go on. */
import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../core/errors';

/** OpenAI takes as much at once, pictures and sound in it included. */
const BODY_BYTES_MAX = 50 * 1024 * 1024;

/** Throws `payload_too_large` or `unsupported_media_type`. */
export async function readRequest(request: IncomingMessage): Promise<Buffer> {
  requireUncompressed(request);
  return readBody(request);
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

export async function readBody(message: IncomingMessage): Promise<Buffer> {
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
