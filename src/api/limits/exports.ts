/**
 * Lists of any length are read a page at a time, all of them together: keys take turns, and a page
 * is followed by a rest as long as itself, or several times as long where the process has a lot to
 * do. Whoever exports a million rows waits, and nobody else.
 */
import { performance } from 'node:perf_hooks';
import { DomainError } from '../../core/errors';
import { createTally } from '../../core/tally';
import { createLine } from '../../ingest/turns/turns';

const OF_OWNER_MAX = 4;
const ALL_MAX = 200;
/** A database that takes long is not what one more page would make slower. */
const REST_MS_MAX = 100;
/** The event loop has a lot to do beyond this share of the time; the list alone comes to half. */
const BUSY_SHARE = 0.7;
const BUSY_REST_FACTOR = 10;

const ALL = 'all';

export interface Exports {
  /** Throws `too_many_requests`; answers how to give the place back. */
  begin(owner: string): () => void;
  /** What makes a page, in the owner's turn. */
  page<T>(owner: string, make: () => Promise<T>): Promise<T>;
}

export function createExports({ ofOwner = OF_OWNER_MAX, all = ALL_MAX } = {}): Exports {
  const underWay = createTally();
  const line = createLine(() => line.next());
  const restAfter = createRests();

  return {
    begin: (owner) => {
      const places = [ALL, `key ${owner}`];
      const [whole = 0, own = 0] = places.map(underWay.of);
      if (own >= ofOwner || whole >= all) throw tooMany(own >= ofOwner ? own : whole);
      for (const place of places) underWay.add(place, 1);
      return () => {
        for (const place of places) underWay.add(place, -1);
      };
    },
    page: async (owner, make) => {
      await line.turnOf(owner);
      const startedAt = performance.now();
      try {
        return await make();
      } finally {
        setTimeout(line.next, restAfter(performance.now() - startedAt));
      }
    },
  };
}

/** Milliseconds of rest after a page that took so many. */
function createRests(): (pageMs: number) => number {
  let previous = performance.eventLoopUtilization();
  return (pageMs) => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, previous);
    previous = now;
    const factor = utilization > BUSY_SHARE ? BUSY_REST_FACTOR : 1;
    return factor * Math.min(REST_MS_MAX, pageMs);
  };
}

const tooMany = (lists: number): DomainError =>
  new DomainError(
    'too_many_requests',
    `${lists} long lists are being read at once. Read one to its end, then ask for the next.`,
    { retryAfterSeconds: 1 },
  );
