/** Tokens by day: bars for the eye, the same as a table for who does not see them. */
import { grouped } from '../core/details';
import type { Html } from './html';
import { html } from './html';
import { dayOf, daysOf, shortDay } from './time';
import type { DashboardReport } from './view';

/** Of the drawing's own units: it is stretched to the width of the page. */
const STEP = 10;
const GAP = 2;
const HEIGHT = 100;

export function dailyChart({ byDay, period }: DashboardReport): Html {
  const tokensOf = new Map(byDay.map(({ day, tokens }) => [day, tokens]));
  const days = daysOf(period);
  const most = Math.max(0, ...tokensOf.values());
  const bars = days.map((day, at) => bar(at, shortDay(day), tokensOf.get(day) ?? 0, most));
  const last = days[days.length - 1] ?? '';
  return html`<section class="card wide" aria-labelledby="daily">
    <h2 id="daily">Tokens by day</h2>
    <p class="note" aria-hidden="true">
      ${most > 0 ? html`Highest day: ${grouped(most)} tokens` : 'No usage in this period yet'}
    </p>
    <svg
      class="chart"
      viewBox="0 0 ${days.length * STEP - GAP} ${HEIGHT}"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      ${bars}
    </svg>
    <p class="axis" aria-hidden="true">
      <span>${shortDay(days[0] ?? '')}</span><span>days in UTC</span><span>${shortDay(last)}</span>
    </p>
    ${asTable(byDay)}
  </section>`;
}

/** The faint column behind each bar makes all of the day answer to the pointer with its title. */
function bar(at: number, day: string, tokens: number, most: number): Html {
  const x = at * STEP;
  const width = STEP - GAP;
  // A day with any usage is seen, however small it is.
  const height = tokens === 0 ? 0 : Math.max(1, Math.round((tokens * HEIGHT) / most));
  return html`<g>
    <title>${day}: ${grouped(tokens)} tokens</title>
    <rect class="day" x="${x}" width="${width}" height="${HEIGHT}" />
    <rect class="used" x="${x}" y="${HEIGHT - height}" width="${width}" height="${height}" />
  </g> `;
}

const asTable = (byDay: DashboardReport['byDay']): Html =>
  html`<div class="visually-hidden">
    <table>
      <caption>
        Tokens by day
      </caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Tokens</th>
        </tr>
      </thead>
      <tbody>
        ${byDay.map(
          ({ day, tokens }) =>
            html`<tr>
              <th scope="row">${dayOf(new Date(day))}</th>
              <td>${grouped(tokens)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
