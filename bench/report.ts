/** The benchmark's outcome, for people as a table and for programs as one object. */
import { cpus, totalmem } from 'node:os';
import Table from 'cli-table3';
import { isMet, median, pairedRatio, readable } from './figures';
import type { Target } from './figures';
import type { HistoryGrowth, Latency } from './whole-path';
import type { Overhead } from './overhead/turns';

export const RATE_CASES = {
  bareExpress: 'bare Express JSON endpoint, 50 connections',
  rawInserts: 'raw insert, 100 rows a statement, 4 connections',
  singleEvents: 'one event a request, 50 connections, sealing on',
  batches: '100 events a request, sealing on',
  readThenWrite: "the seed's pattern: read, add, write back",
  signalPerEvent: 'one Temporal signal per event',
} as const;

export type RateCase = keyof typeof RATE_CASES;

/** Events per second of each round. */
export type Rates = Readonly<Record<RateCase, readonly number[]>>;

/** Microseconds of processor an event of each case, by who took them. */
export type EventCosts = Readonly<
  Record<RateCase, Readonly<Record<'load' | 'servers' | 'postgres', number>>>
>;

export interface Outcome {
  readonly rates: Rates;
  /** What sealing takes is the servers' and Postgres', too, until all is sealed. */
  readonly costs: EventCosts;
  /** How long after a load the last of it was sealed, at most. */
  readonly sealedWithinSeconds: number;
  readonly lostBySeedPercent: number;
  readonly history: HistoryGrowth;
  readonly latency: Latency;
  /** Until open pages have it. */
  readonly dashboard: Latency;
  /** What each wrapper, and each door of the proxy, adds to a call of a model. */
  readonly overheads: readonly Overhead[];
}

export interface Comparison {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  readonly target: Target;
  readonly met: boolean;
}

export interface Machine {
  readonly cpus: number;
  readonly cpuModel: string;
  readonly memoryGigabytes: number;
  readonly platform: string;
  readonly node: string;
  readonly postgres: string;
}

export interface BenchFigures extends Outcome {
  readonly machine: Machine;
  readonly startedAt: string;
  readonly seconds: number;
  readonly comparisons: readonly Comparison[];
}

const atLeast = (value: number): Target => ({ bound: 'at least', value });
const atMost = (value: number): Target => ({ bound: 'at most', value });

/** The targets of the benchmark, as far as one short run can tell. */
export function comparisons({
  rates,
  history,
  latency,
  dashboard,
  overheads,
}: Outcome): Comparison[] {
  const ratio = (what: RateCase, base: RateCase) => pairedRatio(rates[what], rates[base]);
  const rows: [string, number, string, Target][] = [
    ['one event a request ÷ bare Express', ratio('singleEvents', 'bareExpress'), '×', atLeast(1.4)],
    ['100 events a request ÷ raw insert', ratio('batches', 'rawInserts'), '×', atLeast(0.55)],
    [
      'one event a request ÷ one signal per event',
      ratio('singleEvents', 'signalPerEvent'),
      '×',
      atLeast(6),
    ],
    [
      `history per 1,000 usage events (${readable(history.eventsPerSecond)}/s, one customer)`,
      history.perThousand,
      'events',
      atMost(20),
    ],
    [
      `usage event → Stripe meter event, p99 (${readable(latency.eventsPerSecond)}/s, ` +
        `${latency.customers} customers)`,
      latency.p99Seconds,
      's',
      atMost(5),
    ],
    [
      `usage event → dashboard, p99 (${readable(dashboard.eventsPerSecond)}/s, ` +
        `${dashboard.customers} open pages)`,
      dashboard.p99Seconds,
      's',
      atMost(2),
    ],
    ...overheads.map(({ of, p99Ms }): (typeof rows)[number] => [
      ...([`added by ${of} to a call, p99`, p99Ms, 'ms', atMost(5)] as const),
    ]),
  ];
  return rows.map(([what, figure, unit, target]) => ({
    what,
    figure,
    unit,
    target,
    met: isMet(target, figure),
  }));
}

export function machine(postgres: string): Machine {
  const processors = cpus();
  return {
    cpus: processors.length,
    cpuModel: processors[0]?.model ?? 'unknown',
    memoryGigabytes: Math.round(totalmem() / 1024 ** 3),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    postgres,
  };
}

export function benchTable(figures: BenchFigures): string {
  const { rates, costs, latency, lostBySeedPercent, sealedWithinSeconds } = figures;
  // Without colours: the table is copied into issues and files.
  const style = { head: [], border: [] };
  const measured = new Table({
    head: ['case', 'events/s', '÷ Express', '÷ raw', 'load µs', 'servers µs', 'Postgres µs'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style,
  });
  for (const [name, what] of Object.entries(RATE_CASES) as [RateCase, string][]) {
    const ratios = (['bareExpress', 'rawInserts'] as const).map((base) =>
      readable(pairedRatio(rates[name], rates[base])),
    );
    const { load, servers, postgres } = costs[name];
    const micros = [load, servers, postgres].map(readable);
    measured.push([what, readable(median(rates[name])), ...ratios, ...micros]);
  }
  const compared = new Table({
    head: ['compared', 'figure', 'target', 'met'],
    colAligns: ['left', 'right', 'left', 'left'],
    style,
  });
  for (const { what, figure, unit, target, met } of figures.comparisons) {
    const wanted = `${target.bound === 'at least' ? '≥' : '≤'} ${target.value} ${unit}`;
    compared.push([what, `${readable(figure)} ${unit}`, wanted, met ? 'yes' : 'no']);
  }
  return [
    measured.toString(),
    compared.toString(),
    `Tollkeeper lost nothing; the last usage was sealed ${readable(sealedWithinSeconds)} s after ` +
      `the load. The seed's pattern lost ${readable(lostBySeedPercent)}% of its tokens.`,
    `Usage event → Stripe meter event: p50 ${readable(latency.p50Seconds)} s, ` +
      `p99 ${readable(latency.p99Seconds)} s.`,
    `${figures.machine.cpus} CPUs (${figures.machine.cpuModel}), Node ${figures.machine.node}, ` +
      `Postgres ${figures.machine.postgres}; ${Math.round(figures.seconds)} s.`,
    `Rates are medians of ${rates.bareExpress.length} rounds; load and servers share the ` +
      'machine, so only the ratios say something, and microseconds of processor an event.',
  ].join('\n');
}
