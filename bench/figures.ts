/**
 * The arithmetic of the benchmark, pure: medians, ratios, percentiles, latencies of counted events.
 */

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/**
 * The value at or below which `percent` of the values are (nearest rank); even medians are halved.
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0)
    throw new Error('A percentile of no values was asked for: measure first.');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  if (percent === 50 && sorted.length % 2 === 0) {
    return (at(sorted.length / 2 - 1) + at(sorted.length / 2)) / 2;
  }
  return at(Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1));
}

/**
 * The median of the ratios of each round. Both of a pair were measured within the same half minute,
 * so a machine that is slow for a while slows both.
 */
export function pairedRatio(values: readonly number[], bases: readonly number[]): number {
  if (values.length !== bases.length) {
    throw new Error(`${values.length} rounds can not be compared with ${bases.length}.`);
  }
  return median(values.map((value, round) => value / (bases[round] as number)));
}

/** So much of a sum as was reported, and when. */
export interface ReportedSum {
  readonly atMs: number;
  readonly events: number;
}

/**
 * How long each usage event of one customer took until it was reported: reports carry sums, so the
 * n-th event is in the first report that brings the sum to n. What is missing is told as Infinity.
 */
export function latenciesOfSums(
  sentAtMs: readonly number[],
  reports: readonly ReportedSum[],
): number[] {
  let next = 0;
  let sum = reports[0]?.events ?? 0;
  return sentAtMs.map((sentAt, index) => {
    while (next < reports.length && sum < index + 1) {
      next += 1;
      sum += reports[next]?.events ?? 0;
    }
    const report = reports[next];
    return report ? report.atMs - sentAt : Infinity;
  });
}

/** What a design target asks of a figure. */
export interface Target {
  readonly bound: 'at least' | 'at most';
  readonly value: number;
}

export const isMet = ({ bound, value }: Target, figure: number): boolean =>
  bound === 'at least' ? figure >= value : figure <= value;

/** Three significant digits, or whole thousands apart: `8,650`, `0.91`, `12.3`. */
export function readable(figure: number): string {
  if (!Number.isFinite(figure)) return 'never';
  if (Math.abs(figure) >= 100) return Math.round(figure).toLocaleString('en-US');
  return String(Number(figure.toPrecision(3)));
}
