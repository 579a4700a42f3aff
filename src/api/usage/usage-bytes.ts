/** The bytes of a request with usage, of a key that may send it: bounded, weighed, in its turn. */
import type { IncomingMessage } from 'node:http';
import type { ApiKey } from '../../db/api-keys';
import { createBoundedReader } from '../limits/bounded-body';
import type { RequestLimits } from '../limits/request-limits';
import type { TakeTurn } from '../../ingest/turns/turns';

export const USAGE_BODY_BYTES_MAX = 2 * 1024 * 1024;

const BOUNDS = {
  bytesMax: USAGE_BODY_BYTES_MAX,
  secondsMax: 60,
  allBytesMax: 512 * 1024 * 1024,
  ownerBytesMax: 128 * 1024 * 1024,
};
/** A single usage event waits for nobody. */
const SMALL_BYTES = 4 * 1024;

export interface UsageReading {
  /** What is done with them at once is done in a turn of the key. */
  bytes(): Promise<Buffer>;
  nextTurn(): Promise<void>;
  /** There is more of it than was sent: it was compressed. */
  charge(moreBytes: number): void;
}

export type ReadUsage = (request: IncomingMessage, key: Pick<ApiKey, 'id'>) => UsageReading;

export function createUsageReader(
  limits: Pick<RequestLimits, 'chargeBytes'>,
  takeTurn: TakeTurn,
): ReadUsage {
  const readBody = createBoundedReader(BOUNDS);
  return (request, { id }) => ({
    bytes: async () => {
      const bytes = await readBody(request, id);
      if (request.headers['content-length'] === undefined)
        limits.chargeBytes('usage', id, bytes.length);
      if (bytes.length > SMALL_BYTES) await takeTurn(id);
      return bytes;
    },
    nextTurn: () => takeTurn(id),
    charge: (moreBytes) => moreBytes > 0 && limits.chargeBytes('usage', id, moreBytes),
  });
}
