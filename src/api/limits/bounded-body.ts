/**
 * A body that is read whole, within limits: its size, its time, and what all bodies together that
 * are being read may take of the memory, those of everybody and those of one owner.
 */
import type { IncomingMessage } from 'node:http';
import { DomainError } from '../../core/errors';
import { createTally } from '../../core/tally';

export interface BodyBounds {
  readonly bytesMax: number;
  /** A body is let go that takes longer. */
  readonly secondsMax: number;
  /** Bodies under way may have so many bytes together. */
  readonly allBytesMax: number;
  readonly ownerBytesMax: number;
}

/**
 * Throws `payload_too_large`, `too_many_requests` or `invalid_request`, as soon as that is clear:
 * what would still come of the body stays unread.
 */
export type ReadBounded = (request: IncomingMessage, owner: string) => Promise<Buffer>;

export function createBoundedReader(bounds: BodyBounds): ReadBounded {
  const { bytesMax, secondsMax, allBytesMax, ownerBytesMax } = bounds;
  const ownBytes = createTally();
  let allBytes = 0;

  const add = (owner: string, bytes: number): void => {
    allBytes += bytes;
    ownBytes.add(owner, bytes);
  };
  const isFull = (owner: string, bytes: number): boolean =>
    allBytes + bytes > allBytesMax || ownBytes.of(owner) + bytes > ownerBytesMax;

  return (request, owner) =>
    new Promise((resolve, reject) => {
      const length = Number(request.headers['content-length']);
      if (length > bytesMax) return reject(tooLarge(`${length} bytes`, bytesMax));
      let chunks: Buffer[] = [];
      let bytes = 0;
      let keptBytes = 0;
      const finish = (end: () => void): void => {
        clearTimeout(timer);
        add(owner, -keptBytes);
        keptBytes = 0;
        chunks = [];
        request.off('data', take).off('end', ended).off('close', broken).off('error', broken);
        request.pause();
        end();
      };
      const take = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes > bytesMax) return finish(() => reject(tooLarge('more bytes', bytesMax)));
        if (isFull(owner, chunk.length)) return finish(() => reject(noRoom()));
        add(owner, chunk.length);
        keptBytes += chunk.length;
        chunks.push(chunk);
      };
      const ended = (): void => {
        const body = Buffer.concat(chunks);
        finish(() => resolve(body));
      };
      const broken = (): void => finish(() => reject(unfinished('the connection ended')));
      const timer = setTimeout(
        () => finish(() => reject(unfinished(`${secondsMax} seconds were over`))),
        secondsMax * 1000,
      );
      request.on('data', take).on('end', ended).on('close', broken).on('error', broken);
    });
}

const tooLarge = (size: string, bytesMax: number): DomainError =>
  new DomainError('payload_too_large', `The body has ${size}: expected at most ${bytesMax}.`);

const noRoom = (): DomainError =>
  new DomainError(
    'too_many_requests',
    'Too many bodies are being read at once. Send the same request again after a second.',
    { retryAfterSeconds: 1 },
  );

const unfinished = (what: string): DomainError =>
  new DomainError('invalid_request', `The body can't be read: ${what} before its end.`);
