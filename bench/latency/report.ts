/** What was measured as customers grow: for people as tables, as a picture, and as JSON. */
import Table from 'cli-table3';
import { isMet, percentile, readable } from '../figures';
import type { Target } from '../figures';
import { drawPicture } from '../command/picture';
import { machine } from '../report';
import type { Machine } from '../report';
import type { MeasuredSize, MeasuredSizes } from './measure';
import { EVENTS_PER_SECOND } from './one-size';

export interface LatencyComparison {
  readonly customers: number;
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  readonly target: Target;
  readonly met: boolean;
}

export interface LatencyReport extends MeasuredSizes {
  readonly machine: Machine;
  readonly comparisons: readonly LatencyComparison[];
}

/** What Stripe takes of a live account, and what our processes keep to. */
const REPORTS_PER_SECOND_MAX = 500;
const URGENT_SECONDS_MAX = 10;
const PAGE_SECONDS_MAX = 2;
const CREATED_PER_SECOND = 50;
/** Seconds to Stripe, by customers up to so many. */
const TO_STRIPE = [
  { customers: 100, seconds: 5 },
  { customers: 1_000, seconds: 30 },
  { customers: Infinity, seconds: 120 },
];

const p99 = (values: readonly number[]): number => percentile(values, 99);
const atMost = (value: number): Target => ({ bound: 'at most', value });

const toStripeTarget = (customers: number): number =>
  TO_STRIPE.find((each) => customers <= each.customers)?.seconds ?? 0;

export function latencyComparisons(size: MeasuredSize): LatencyComparison[] {
  const { customers, urgent } = size;
  const rows: [string, number, string, Target][] = [
    ['usage → Stripe, p99', size.toStripe.p99Seconds, 's', atMost(toStripeTarget(customers))],
    ['reports in a second', size.reportsPerSecondMax, '', atMost(REPORTS_PER_SECOND_MAX)],
    ['plan change meanwhile, p99', p99(urgent.planChangeSeconds), 's', atMost(URGENT_SECONDS_MAX)],
    ['draft held meanwhile, p99', p99(urgent.holdSeconds), 's', atMost(URGENT_SECONDS_MAX)],
    ['usage → page, p99', size.toPage.p99Seconds, 's', atMost(PAGE_SECONDS_MAX)],
    [
      'customers made by the API',
      size.createdPerSecond,
      '/s',
      { bound: 'at least', value: CREATED_PER_SECOND },
    ],
  ];
  return rows.map(([what, figure, unit, target]) => ({
    ...{ customers, what, figure, unit, target },
    met: isMet(target, figure),
  }));
}

export const latencyReport = (measured: MeasuredSizes): LatencyReport => ({
  ...measured,
  machine: machine(measured.postgres),
  comparisons: measured.sizes.flatMap(latencyComparisons),
});

export function latencyTable(report: LatencyReport): string {
  const style = { head: [], border: [] };
  const compared = new Table({ head: ['customers', 'what', 'figure', 'asked', 'met'], style });
  for (const { customers, what, figure, unit, target, met } of report.comparisons) {
    const asked = `${target.bound === 'at least' ? '≥' : '≤'} ${target.value} ${unit}`;
    compared.push([
      ...[readable(customers), what, `${readable(figure)} ${unit}`, asked, met ? 'yes' : 'no'],
    ]);
  }
  const costs = new Table({ head: ['', ...report.sizes.map(sizeOf)], style });
  for (const [what, figureOf] of COSTS)
    costs.push([what, ...report.sizes.map((size) => readable(figureOf(size)))]);
  const { machine: on, seed, seconds, cached } = report;
  const kept = cached === undefined ? 'as many workflows cached as fit' : `${cached} cached`;
  return [
    compared.toString(),
    costs.toString(),
    `Nothing was lost at ${EVENTS_PER_SECOND} events/s. ${on.cpus} CPUs (${on.cpuModel}), Node ` +
      `${on.node}, Postgres ${on.postgres}; seed ${seed}, ${kept}, ` +
      `${Math.round(seconds)} s. Load, servers and sandbox share the machine.`,
  ].join('\n');
}

const sizeOf = ({ customers }: MeasuredSize): string => `${readable(customers)} customers`;

const COSTS: readonly (readonly [string, (size: MeasuredSize) => number])[] = [
  ['usage → Stripe, p50 s', ({ toStripe }) => toStripe.p50Seconds],
  ['until all were reported once, p99 s', ({ toStripeAtFirst }) => toStripeAtFirst.p99Seconds],
  ['draft compared and let go, p99 s', ({ urgent }) => p99(urgent.closeSeconds)],
  ['reports', ({ reports }) => reports],
  ['other calls of Stripe in a second, most', (size) => size.otherCallsPerSecondMax],
  ...(['api', 'worker', 'postgres', 'temporal', 'sandbox'] as const).map(
    (name) =>
      [
        `${name}: processor ms a report`,
        ({ perReport }: MeasuredSize) => perReport.cpuMilliseconds[name],
      ] as const,
  ),
  ['workflow tasks a report', ({ perReport }) => perReport.workflowTasks],
  ['activities a report', ({ perReport }) => perReport.activityTasks],
  ['histories read anew, a report', ({ perReport }) => perReport.replays],
  ['API: resident MB, loaded', ({ busy }) => busy.residentMegabytes.api],
  ['worker: resident MB, loaded', ({ busy }) => busy.residentMegabytes.worker],
  ['API: resident MB, idle', ({ idle }) => idle.residentMegabytes.api],
  ['worker: resident MB, idle', ({ idle }) => idle.residentMegabytes.worker],
  ['idle: worker, cores', ({ idle }) => idle.cores.worker],
  ['idle: workflow tasks a second', ({ idle }) => idle.workflowTasksPerSecond],
  ['idle: transactions a second', ({ idle }) => idle.transactionsPerSecond],
];

export async function latencyPicture(file: string, report: LatencyReport): Promise<void> {
  const { sizes, machine: on, startedAt } = report;
  const groups = sizes.map(sizeOf);
  const bar = (of: string, valueOf: (size: MeasuredSize) => number) => ({
    ...{ of, values: sizes.map(valueOf) },
  });
  await drawPicture(file, {
    title: `Usage of many customers at ${EVENTS_PER_SECOND} events a second`,
    note: `${on.cpus} CPUs (${on.cpuModel}), Postgres ${on.postgres}, ${startedAt}`,
    charts: [
      {
        ...{
          title: 'Seconds until usage is at Stripe, and on the page',
          groups,
          logarithmic: true,
        },
        bars: [
          bar('Stripe, p50', ({ toStripe }) => toStripe.p50Seconds),
          bar('Stripe, p99', ({ toStripe }) => toStripe.p99Seconds),
          bar('page, p99', ({ toPage }) => toPage.p99Seconds),
        ],
        asked: {
          what: 'asked of Stripe, p99',
          values: sizes.map(({ customers }) => toStripeTarget(customers)),
        },
      },
      {
        ...{ title: 'Seconds of urgent steps meanwhile, p99', groups },
        bars: [
          bar('draft held', ({ urgent }) => p99(urgent.holdSeconds)),
          bar('plan changed', ({ urgent }) => p99(urgent.planChangeSeconds)),
        ],
        asked: { what: 'asked', values: sizes.map(() => URGENT_SECONDS_MAX) },
      },
      {
        ...{ title: 'Processor time of a report, ms', groups },
        bars: (['worker', 'temporal', 'postgres', 'api'] as const).map((name) =>
          bar(name, ({ perReport }) => perReport.cpuMilliseconds[name]),
        ),
      },
    ],
  });
}
