/** The figures of the matrix, for people who wait for them. */
import Table from 'cli-table3';
import type { Settled } from './oracle';
import { cellsOf, WAYS } from './matrix';
import type { Cell } from './matrix';

const HEAD = [
  ...['provider', 'kind', 'way', 'calls', 'tokens billed', 'tokens in ledger', 'marked'],
  ...['difference', 'cut off', 'of these in ledger'],
];

type Figures = readonly number[];

export function reportTable(settled: readonly Settled[]): string {
  const table = new Table({ head: HEAD, style: { head: [], border: [], compact: true } });
  const cells = WAYS.flatMap(cellsOf).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const figures = cells.map((cell) =>
    figuresOf(settled.filter(({ attempt }) => attempt.customer === cell.customer)),
  );
  cells.forEach(({ provider, kind, way }, index) =>
    table.push([provider, kind, way, ...shown(figures[index] as Figures)]),
  );
  const sums = figures.reduce((sum, each) => sum.map((value, at) => value + (each[at] ?? 0)));
  table.push(['all', '', '', ...shown(sums)]);
  return table.toString();
}

const nameOf = ({ provider, kind, way }: Cell) => `${provider} ${kind} ${way}`;

const shown = (figures: Figures) => figures.map((value) => value.toLocaleString('en-US'));

/** What was cut off by a kill stands apart: the provider alone knows of it, unless it was read. */
function figuresOf(settled: readonly Settled[]): Figures {
  const finished = settled.filter(({ isSure }) => isSure);
  const cutOff = settled.filter(({ isSure }) => !isSure);
  const billed = sumOf(finished.map(({ attempt }) => billedTokens(attempt)));
  const rows = finished.flatMap((each) => each.rows);
  const counted = sumOf(
    rows.map((row) => row.input + row.output + row.cacheRead + row.cacheWrite + row.reasoning),
  );
  const marked = rows.filter(({ isEstimate }) => isEstimate).length;
  const recorded = cutOff.filter((each) => each.rows.length > 0).length;
  return [finished.length, billed, counted, marked, counted - billed, cutOff.length, recorded];
}

/** Whoever leaves pays for what was said by then. */
const billedTokens = ({ counts, isWhole, wordsSent }: Settled['attempt']): number =>
  counts.prompt + (isWhole ? counts.completion : wordsSent);

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
