/**
 * How far back in the ledger an id is looked for. Each partition, a UTC month of
 * recording, sees to it that its own ids are there once; what lies in those before is looked up.
 */
import { OCCURRED_BEHIND_SECONDS_MAX } from './usage';

/** As long as `occurredAt` is accepted, and a day for the clocks that differ. */
const LOOK_BACK_MS = OCCURRED_BEHIND_SECONDS_MAX * 1_000 + 24 * 60 * 60 * 1_000;
/** Clocks of the processes and of Postgres differ by less, and no statement lasts for as long. */
export const EDGE_MINUTES = 10;

/** The partitions, by time of recording, in which an id may be: [from, to), ISO 8601. */
export interface LookBack {
  readonly from: string;
  /** Generous: it leaves out the empty ones of the months to come. */
  readonly to: string;
}

/** It changes twice a month at most, so that a statement can name it. */
export function lookBackAt(now: Date): LookBack {
  return {
    from: new Date(monthOf(new Date(now.getTime() - LOOK_BACK_MS), 0)).toISOString(),
    to: new Date(monthOf(now, 2)).toISOString(),
  };
}

/** Tells whether usage that is recorded now may lie on either side of an edge. */
export function isNearEdge(now: Date): boolean {
  const edgeMs = EDGE_MINUTES * 60_000;
  const monthAfter = (ms: number) => new Date(now.getTime() + ms).getUTCMonth();
  return monthAfter(-edgeMs) !== monthAfter(edgeMs);
}

const monthOf = (time: Date, later: number): number =>
  Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + later);
