/**
 * Half-open intervals of whole Unix seconds, as Stripe gives them, and how they follow each other.
 */
import { invariant } from './errors';

export interface Period {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

const MINUTE = 60;

export const contains = (period: Period, second: number): boolean =>
  period.start <= second && second < period.end;

/**
 * The whole minutes inside a period. Stripe sums meter events by whole minutes only, so every
 * report carries a timestamp in here: then a summary over it counts this period's usage and no
 * other's.
 */
export function wholeMinutes(period: Period): Period {
  const minutes = minutesInside(period);
  const isAny = minutes.start < minutes.end;
  invariant(isAny, `period [${period.start}, ${period.end}) holds no whole minute`);
  return minutes;
}

const minutesInside = ({ start, end }: Period): Period => ({
  start: Math.ceil(start / MINUTE) * MINUTE,
  end: Math.floor(end / MINUTE) * MINUTE,
});

/** The second nearest to `second` at which usage of the period may be reported. */
export function reportSecond(period: Period, second: number): number {
  const minutes = minutesInside(period);
  // An item added in the last minute of a period has no whole one left.
  const { start, end } = minutes.start < minutes.end ? minutes : period;
  return Math.min(Math.max(second, start), end - 1);
}

/**
 * What a summary over the period must cover: all reports of it and none of the next, whose own
 * begin at the first whole minute after its start. One without a whole minute, cut short, is
 * reported at any of its seconds.
 */
export function sumSpan(period: Period): Period {
  const minutes = minutesInside(period);
  const start = minutes.start < minutes.end ? minutes.start : floorToMinute(period.start);
  return { start, end: Math.ceil(period.end / MINUTE) * MINUTE };
}

const floorToMinute = (second: number): number => Math.floor(second / MINUTE) * MINUTE;

/**
 * The periods after `knownEnd` up to and including the current one. Stripe tells only the current
 * period; the edges between come from the cycle invoices issued meanwhile.
 */
export function periodsSince(
  knownEnd: number | undefined,
  current: Period,
  invoiceEdges: readonly number[],
): Period[] {
  if (knownEnd === undefined) return [current];
  if (current.start < knownEnd) return [];
  const edges = [knownEnd, ...invoiceEdges, current.start, current.end]
    .filter((edge) => edge >= knownEnd && edge <= current.end)
    .sort((a, b) => a - b)
    .filter((edge, index, all) => edge !== all[index - 1]);
  return edges.slice(1).map((end, index) => ({ start: edges[index] as number, end }));
}

/** ISO 8601 of Unix seconds. */
export const isoSecond = (second: number): string =>
  new Date(second * 1000).toISOString().replace('.000Z', 'Z');
