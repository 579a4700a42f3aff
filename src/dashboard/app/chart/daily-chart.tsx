/** Tokens by day and model: bars for the eye, the same as a table for who does not see them. */
import { useEffect, useRef } from 'preact/hooks';
import type { DashboardBilling } from '../../view';
import type { BarChart } from './bar-chart';
import { Card } from '../card';
import { useFormats } from '../formats';
import { daysOf } from './series';
import type { Series } from './series';
import { TableHead } from '../table-head';

interface DailyProps {
  readonly period: DashboardBilling['period'];
  readonly series: readonly Series[];
}

export function DailyChart({ period, series }: DailyProps) {
  const formats = useFormats();
  const days = daysOf(period);
  const total = (day: string) =>
    series.reduce((tokens, { byDay }) => tokens + (byDay.get(day) ?? 0), 0);
  const used = days.filter((day) => total(day) > 0);
  const highest = used.reduce(
    (best, day) => (total(day) > total(best) ? day : best),
    used[0] ?? '',
  );
  return (
    <Card id="daily" title="Tokens by day" isWide>
      <p class="note">
        {used.length === 0
          ? 'No usage in this period yet. '
          : `Highest: ${formats.shortDay(highest)} with ${formats.tokens(total(highest))} tokens. `}
        Days are those of UTC, as billed.
      </p>
      <Bars days={days} series={series} />
      {used.length > 0 && (
        <details>
          <summary>As a table</summary>
          <table>
            <TableHead heads={['Day', 'Tokens']} />
            <tbody>
              {used.map((day) => (
                <tr key={day}>
                  <th scope="row">
                    <time dateTime={day}>{formats.day(day)}</time>
                  </th>
                  <td class="number">{formats.tokens(total(day))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </Card>
  );
}

/** The chart library comes after the figures: they are what is looked for first. */
function Bars({ days, series }: { readonly days: string[]; readonly series: readonly Series[] }) {
  const formats = useFormats();
  const canvas = useRef<HTMLCanvasElement>(null);
  const chart = useRef<Promise<BarChart>>(undefined);
  useEffect(() => {
    const place = canvas.current;
    if (!place) return;
    chart.current = import('./bar-chart').then(({ drawBars }) => drawBars(place, formats));
    return () => void chart.current?.then((drawn) => drawn.destroy());
  }, [formats]);
  useEffect(() => void chart.current?.then((drawn) => drawn.show(days, series)), [days, series]);
  return (
    <div class="chart">
      <canvas
        ref={canvas}
        role="img"
        aria-label="Tokens by day and model; the table has the figures"
      />
    </div>
  );
}
