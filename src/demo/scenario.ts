/**
 * The demo's script: who uses how much of which model, and when. Only numbers, so that the oracle
 * can work out every invoice from them by hand.
 */
import type { TokenCounts } from '../core/usage/usage';

/** Parts of a period: the clock stops at the end of each, and its usage is sent. */
export const STOPS_PER_PERIOD = 5;

export interface DemoCustomer {
  readonly name: string;
  readonly plan: string;
  /** Tokens of each of the two periods, by model. */
  readonly periods: readonly (readonly DemoUsage[])[];
}

export interface DemoUsage {
  readonly model: string;
  readonly tokens: number;
  /** Number of calls that the tokens are spread over. */
  readonly calls: number;
  /** Stops in which the calls are made; all when absent. */
  readonly stops?: readonly number[];
  /** Who sells it; absent: the platform. */
  readonly vendor?: string;
}

/** It is bought once, beside any subscription. */
export interface DemoSale {
  readonly customer: string;
  readonly vendor: string;
  readonly amountCents: number;
  readonly description: string;
}

export interface DemoCall {
  readonly id: string;
  readonly model: string;
  readonly tokens: TokenCounts;
  /** Unix seconds. */
  readonly second: number;
  /** Who sold it; absent: the platform. */
  readonly vendor?: string;
}

const LAST_STOP = [STOPS_PER_PERIOD - 1];

/**
 * A first month whose figures are known, and a second in which each does something else.
 */
export const DEMO_CUSTOMERS: readonly DemoCustomer[] = [
  {
    name: 'ada',
    plan: 'pay_as_you_go',
    periods: [
      [{ model: 'gpt-4o-mini', tokens: 1_234_567, calls: 40 }],
      [
        { model: 'gpt-4o-mini', tokens: 800_000, calls: 30 },
        { model: 'gpt-4o', tokens: 100_001, calls: 20 },
      ],
    ],
  },
  {
    name: 'bo',
    plan: 'starter',
    periods: [
      [
        { model: 'gpt-4o-mini', tokens: 110_000, calls: 30 },
        { model: 'claude-haiku-4-5', tokens: 40_000, calls: 20 },
      ],
      [
        // The allowance is full before the dearer model is used: all of its tokens are overage.
        { model: 'gpt-4o-mini', tokens: 100_000, calls: 30, stops: [0, 1, 2, 3] },
        { model: 'gpt-4o', tokens: 20_000, calls: 10, stops: LAST_STOP },
      ],
    ],
  },
  {
    name: 'cy',
    plan: 'pro',
    periods: [
      [{ model: 'gpt-4o-mini', tokens: 499_999, calls: 50 }],
      [{ model: 'gpt-4o-mini', tokens: 650_000, calls: 50 }],
    ],
  },
  {
    name: 'dana',
    plan: 'enterprise',
    periods: [
      [
        { model: 'gpt-4o', tokens: 2_000_000, calls: 30 },
        { model: 'gpt-4o-mini', tokens: 1_000_000, calls: 20 },
      ],
      [{ model: 'gpt-4o', tokens: 3_000_000, calls: 40 }],
    ],
  },
  {
    name: 'eve',
    plan: 'starter',
    periods: [
      [
        { model: 'gpt-4o-mini', tokens: 120_000, calls: 20 },
        { model: 'acme-1', tokens: 400_000, calls: 20, vendor: 'acme' },
        { model: 'globex-xl', tokens: 312_500, calls: 20, vendor: 'globex' },
      ],
      [
        { model: 'gpt-4o-mini', tokens: 80_000, calls: 20 },
        // $12.345 and $7.8125: each line is rounded once, and each fee.
        { model: 'acme-1', tokens: 1_234_500, calls: 30, vendor: 'acme' },
        { model: 'globex-xl', tokens: 976_563, calls: 30, vendor: 'globex' },
      ],
    ],
  },
];

/** $50.00, of which the platform keeps its 15 %. */
export const DEMO_SALE: DemoSale = {
  ...{ customer: 'eve', vendor: 'acme', amountCents: 5_000 },
  description: 'A model trained for eve',
};

export const DEMO_VENDORS = ['acme', 'globex'] as const;

export interface DemoPeriod {
  readonly start: number;
  readonly end: number;
}

/** The second at which the clock stops for the n-th part; the last is the period's end. */
export function stopSecond(period: DemoPeriod, stop: number): number {
  const part = Math.floor((period.end - period.start) / STOPS_PER_PERIOD);
  return stop === STOPS_PER_PERIOD - 1 ? period.end : period.start + part * (stop + 1);
}

/**
 * The calls of one stop. The very first call of a period is at its first second and the very last
 * at its last, so that a period that is wrong by one second shows.
 */
export function callsOf(
  customer: string,
  periodNumber: number,
  usage: readonly DemoUsage[],
  period: DemoPeriod,
  stop: number,
): DemoCall[] {
  return usage.flatMap((line) => {
    const stops = line.stops ?? Array.from({ length: STOPS_PER_PERIOD }, (_, index) => index);
    const turn = stops.indexOf(stop);
    if (turn < 0) return [];
    const calls = spread(line.tokens, line.calls);
    const perStop = Math.ceil(calls.length / stops.length);
    const ownCalls = calls.slice(turn * perStop, (turn + 1) * perStop);
    const start = stop === 0 ? period.start : stopSecond(period, stop - 1);
    const end = stopSecond(period, stop) - 1;
    return ownCalls.map((tokens, index) => ({
      id: `${customer}-${periodNumber}-${line.model}-${turn * perStop + index}`,
      model: line.model,
      ...(line.vendor !== undefined && { vendor: line.vendor }),
      tokens: { input: tokens - Math.floor(tokens / 3), output: Math.floor(tokens / 3) },
      second:
        ownCalls.length === 1
          ? end
          : start + Math.floor(((end - start) * index) / (ownCalls.length - 1)),
    }));
  });
}

/** The parts are uneven and add up to the total. */
function spread(total: number, parts: number): number[] {
  const weights = Array.from({ length: parts }, (_, index) => 1 + ((index * 7) % 5));
  const sum = weights.reduce((sumSoFar, weight) => sumSoFar + weight, 0);
  const shares = weights.map((weight) => Math.floor((total * weight) / sum));
  const rest = total - shares.reduce((sumSoFar, share) => sumSoFar + share, 0);
  return shares.map((share, index) => (index === 0 ? share + rest : share));
}
