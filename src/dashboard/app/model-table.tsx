/** Usage by model: how much of all it is, and of which kinds of tokens. */
import type { DashboardUsage } from '../view';
import { Card } from './card';
import { useFormats } from './formats';
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
  readonly usage: readonly DashboardUsage[];
  readonly series: readonly Series[];
}

export function ModelTable({ usage, series }: ModelProps) {
  const formats = useFormats();
  const models = modelsOf(usage);
  const whole = models.reduce((sum, { tokens }) => sum + tokens, 0);
  const rest = series.find(({ name }) => name === REST);
  if (models.length === 0)
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
          {models.map(({ name, tokens, kinds, vendor }) => {
            const { color } = series.find((each) => each.name === name) ?? rest ?? { color: 0 };
            return (
              <tr key={name}>
                <th scope="row">
                  <span class={`swatch series-${color}`} aria-hidden="true" />
                  {name}
                  <small>
                    {vendor !== undefined && `sold by ${vendor} · `}
                    {inOrder(kinds)
                      .map(([kind, n]) => `${formats.tokens(n)} ${KINDS[kind]}`)
                      .join(' · ')}
                  </small>
                </th>
                <td class="number">{formats.tokens(tokens)}</td>
                <td class="number">{formats.percent((tokens * 100) / whole)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

interface Model {
  readonly name: string;
  readonly vendor?: string;
  readonly tokens: number;
  readonly kinds: ReadonlyMap<DashboardUsage['tokenType'], number>;
}

const inOrder = (kinds: Model['kinds']) =>
  TOKEN_TYPES.flatMap((kind) => (kinds.has(kind) ? [[kind, kinds.get(kind) ?? 0] as const] : []));

function modelsOf(usage: readonly DashboardUsage[]): Model[] {
  const models = new Map<string, { vendor?: string; kinds: Map<keyof typeof KINDS, number> }>();
  for (const line of usage) {
    const model = models.get(seriesName(line)) ?? { vendor: line.vendor, kinds: new Map() };
    model.kinds.set(line.tokenType, (model.kinds.get(line.tokenType) ?? 0) + line.tokens);
    models.set(seriesName(line), model);
  }
  return [...models]
    .map(([name, model]) => ({
      name,
      ...model,
      tokens: [...model.kinds.values()].reduce((sum, tokens) => sum + tokens, 0),
    }))
    .sort((a, b) => b.tokens - a.tokens || (a.name < b.name ? -1 : 1));
}
