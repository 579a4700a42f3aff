/** Usage by model: how much of all it is, and of which kinds of tokens. */
import type { DashboardUsage, TokensByType } from '../view';
import { Card } from './card';
import { useFormats } from './formats';
import type { ViewerFormats } from './formats';
import { REST, seriesName } from './chart/series';
import type { Series } from './chart/series';
import { TableHead } from './table-head';

const KINDS = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache read',
  cacheWrite: 'cache write',
  reasoning: 'reasoning',
} as const;

const TOKEN_TYPES = Object.keys(KINDS) as (keyof typeof KINDS)[];

interface ModelProps {
  readonly usage: DashboardUsage;
  readonly series: readonly Series[];
}

export function ModelTable({ usage, series }: ModelProps) {
  const formats = useFormats();
  const rows = rowsOf(usage, formats);
  const whole = rows.reduce((sum, { tokens }) => sum + sumOf(tokens), 0);
  if (rows.length === 0)
    return (
      <Card id="models" title="By model" isWide>
        <p class="note">No usage in this period yet.</p>
      </Card>
    );
  return (
    <Card id="models" title="By model" isWide>
      <table>
        <TableHead heads={['Model', 'Tokens', 'Share']} numbers={2} />
        <tbody>
          {rows.map((row) => (
            <ModelRow key={row.name} row={row} whole={whole} series={series} />
          ))}
        </tbody>
      </table>
    </Card>
  );
}

interface Row {
  readonly name: string;
  readonly vendor?: string;
  readonly tokens: TokensByType;
}

interface RowProps {
  readonly row: Row;
  readonly whole: number;
  readonly series: readonly Series[];
}

function ModelRow({ row: { name, vendor, tokens }, whole, series }: RowProps) {
  const formats = useFormats();
  const rest = series.find((each) => each.name === REST);
  const { color } = series.find((each) => each.name === name) ?? rest ?? { color: 0 };
  const kinds = TOKEN_TYPES.flatMap((kind) => {
    const count = tokens[kind];
    return count === undefined ? [] : [`${formats.tokens(count)} ${KINDS[kind]}`];
  });
  return (
    <tr>
      <th scope="row">
        <span class={`swatch series-${color}`} aria-hidden="true" />
        {name}
        <small>
          {vendor !== undefined && `sold by ${vendor} · `}
          {kinds.join(' · ')}
        </small>
      </th>
      <td class="number">{formats.tokens(sumOf(tokens))}</td>
      <td class="number">{formats.percent((sumOf(tokens) * 100) / whole)}</td>
    </tr>
  );
}

function rowsOf(
  { models, otherModels: { count, tokens } }: DashboardUsage,
  formats: ViewerFormats,
): Row[] {
  const rows = models.map((model) => ({ ...model, name: seriesName(model) }));
  return count === 0
    ? rows
    : [...rows, { name: `${formats.tokens(count)} smaller models`, tokens }];
}

const sumOf = (tokens: TokensByType): number =>
  Object.values(tokens).reduce((sum, count) => sum + count, 0);
