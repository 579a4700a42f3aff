/**
 * Calls of a model with something in between and without it, in turns, so that a machine that is
 * slow for a while slows both.
 */
import { median, percentile } from '../figures';

/** As an app makes them. */
export interface Calls {
  readonly once: () => Promise<unknown>;
  readonly stream: () => Promise<unknown>;
}

export interface Compared {
  readonly plain: Calls;
  readonly metered: Calls;
}

export interface Durations {
  readonly plainMs: readonly number[];
  readonly meteredMs: readonly number[];
}

export interface Overhead {
  /** What it is that adds to a call. */
  readonly of: string;
  /** With and without, each; half of them streams. */
  readonly calls: number;
  /** By so much the median of calls with it is above that of calls without it. */
  readonly p50Ms: number;
  /**
   * The same of the 99th percentiles, each of a fifth of the calls, and of those the median:
   * whatever else the machine does in a while is in one of them.
   */
  readonly p99Ms: number;
  /**
   * The 99th percentile of what a call took longer than the one without it beside it. Each is above
   * the other by chance as well, so that on a busy machine this is the machine's own.
   */
  readonly pairedP99Ms: number;
}

export interface Turns {
  readonly calls: number;
  /** They come before, and are not timed. */
  readonly warmUpCalls: number;
}

export const callsIn = ({ calls, warmUpCalls }: Turns): number => calls + warmUpCalls;

export async function takeTurns(
  { plain, metered }: Compared,
  { calls, warmUpCalls }: Turns,
): Promise<Durations> {
  const plainMs: number[] = [];
  const meteredMs: number[] = [];
  for (let call = -warmUpCalls; call < calls; call += 1) {
    const kind = call % 2 === 0 ? 'once' : 'stream';
    // Neither is always the first after a pause.
    const isPlainFirst = call % 4 < 2;
    for (const isPlain of [isPlainFirst, !isPlainFirst]) {
      const startedAt = performance.now();
      await (isPlain ? plain : metered)[kind]();
      const tookMs = performance.now() - startedAt;
      if (call >= 0) (isPlain ? plainMs : meteredMs).push(tookMs);
    }
  }
  return { plainMs, meteredMs };
}

const MOST_PARTS = 5;

export function overhead(of: string, { plainMs, meteredMs }: Durations): Overhead {
  const calls = plainMs.length;
  const added = (percent: number, from = 0, to = calls) =>
    percentile(meteredMs.slice(from, to), percent) - percentile(plainMs.slice(from, to), percent);
  const parts = Math.min(MOST_PARTS, calls);
  const places = Array.from({ length: parts + 1 }, (_, part) => Math.round((part * calls) / parts));
  const p99sOfParts = places.slice(1).map((to, part) => added(99, places[part], to));
  const differences = meteredMs.map((took, call) => took - (plainMs[call] as number));
  return {
    ...{ of, calls, p50Ms: added(50), p99Ms: median(p99sOfParts) },
    pairedP99Ms: percentile(differences, 99),
  };
}
