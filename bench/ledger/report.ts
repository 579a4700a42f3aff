/** How ingest holds up as the ledger grows: for people as a table, as a picture, and as JSON. */
import Table from 'cli-table3';
import { isMet, median, pairedRatio, readable } from '../figures';
import type { Target } from '../figures';
import { drawPicture } from '../command/picture';
import { machine } from '../report';
import type { Machine } from '../report';
import { LOADS } from './measure';
import type { LoadName, MeasuredLedger, MeasuredLedgers } from './measure';

const LOAD_NAMES = Object.keys(LOADS) as LoadName[];

export interface LedgerComparison {
  readonly load: LoadName;
  readonly rows: number;
  /** The median of what each round's rate was of the empty ledger's in the same round. */
  readonly ratio: number;
  readonly target: Target;
  readonly met: boolean;
}

export interface LedgerReport extends MeasuredLedgers {
  readonly machine: Machine;
  readonly comparisons: readonly LedgerComparison[];
}

/** Ten million rows may cost a tenth of the rate, more of them a fifth. */
const targetOf = (rows: number): Target => ({
  bound: 'at least',
  value: rows <= 10_000_000 ? 0.9 : 0.8,
});

export function ledgerReport(measured: MeasuredLedgers): LedgerReport {
  const [empty, ...filled] = measured.ledgers;
  if (!empty) throw new Error('No ledger was measured.');
  const comparisons = filled.flatMap(({ rows, rates }) =>
    LOAD_NAMES.map((load) => {
      const ratio = pairedRatio(rates[load], empty.rates[load]);
      const target = targetOf(rows);
      return { load, rows, ratio, target, met: isMet(target, ratio) };
    }),
  );
  return { ...measured, machine: machine(measured.postgres), comparisons };
}

export function ledgerTable({ ledgers, comparisons, machine, ...rest }: LedgerReport): string {
  const style = { head: [], border: [] };
  const head = ['rows', 'table MB', 'indexes MB', 'filled in s'];
  const table = new Table({
    head: [
      ...head,
      ...LOAD_NAMES.map((name) => `${LOADS[name].what} /s`),
      ...LOAD_NAMES.map((name) => `${LOADS[name].what}, processor µs`),
      ...LOAD_NAMES.map((name) => `${LOADS[name].what}, bytes of log`),
    ],
    style,
  });
  for (const ledger of ledgers) table.push(rowOf(ledger));
  const compared = new Table({ head: ['÷ empty ledger', 'rows', 'ratio', 'asked', 'met'], style });
  for (const { load, rows, ratio, target, met } of comparisons) {
    const asked = `≥ ${target.value}`;
    compared.push([LOADS[load].what, readable(rows), readable(ratio), asked, met ? 'yes' : 'no']);
  }
  return [
    table.toString(),
    compared.toString(),
    `Nothing was lost. ${machine.cpus} CPUs (${machine.cpuModel}), Node ${machine.node}, Postgres ` +
      `${machine.postgres}; seed ${rest.seed}, ${Math.round(rest.seconds)} s.`,
  ].join('\n');
}

const rowOf = ({ rows, rates, processor, log, ...ledger }: MeasuredLedger): string[] => [
  ...[rows, ledger.tableMegabytes, ledger.indexMegabytes, ledger.filledInSeconds].map(readable),
  ...LOAD_NAMES.map((name) => readable(median(rates[name]))),
  ...LOAD_NAMES.map((name) => readable(median(processor[name]))),
  ...LOAD_NAMES.map((name) => readable(median(log[name]))),
];

export async function ledgerPicture(file: string, report: LedgerReport): Promise<void> {
  const sizes = report.ledgers.slice(1).map(({ rows }) => rows);
  const ratios = (load: LoadName) =>
    report.comparisons.filter((each) => each.load === load).map(({ ratio }) => ratio);
  const { machine, startedAt } = report;
  await drawPicture(file, {
    title: 'Ingest into a ledger that is full, beside an empty one',
    note: `${machine.cpus} CPUs (${machine.cpuModel}), Postgres ${machine.postgres}, ${startedAt}`,
    charts: [
      {
        title: 'Rate ÷ rate into the empty ledger, medians of the rounds',
        groups: sizes.map((rows) => `${readable(rows)} rows`),
        bars: LOAD_NAMES.map((name) => ({ of: LOADS[name].what, values: ratios(name) })),
        asked: { what: 'asked', values: sizes.map((rows) => targetOf(rows).value) },
      },
    ],
  });
}
