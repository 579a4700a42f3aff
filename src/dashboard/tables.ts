/** Usage by model, and the invoices of closed periods. */
import { grouped } from '../core/details';
import { formatCents } from '../core/money';
import type { Html } from './html';
import { html } from './html';
import { dayOf } from './time';
import type { DashboardView, ModelUsage } from './view';

const KINDS: Readonly<Record<string, string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache read',
  cacheWrite: 'cache write',
  reasoning: 'reasoning',
};

export function modelTable({ byModel }: DashboardView['report']): Html {
  const rows = [...byModel].sort((a, b) => b.tokens - a.tokens).map(modelRow);
  return tableSection({
    id: 'models',
    title: 'By model',
    heads: ['Model', 'Kind', 'Tokens'],
    rows,
    instead: 'No usage in this period yet.',
  });
}

const modelRow = ({ model, tokenType, vendor, tokens }: ModelUsage): Html =>
  html`<tr>
    <th scope="row">
      ${model}${vendor !== undefined && html` <small>sold by ${vendor}, not in the allowance</small>`}
    </th>
    <td>${KINDS[tokenType] ?? tokenType}</td>
    <td class="number">${grouped(tokens)}</td>
  </tr>`;

export function invoiceTable({ invoices, report, periodHref }: DashboardView): Html {
  const rows = invoices.map(
    ({ id, status, totalCents, period: { start, end } }) =>
      html`<tr>
        <th scope="row">
          <a href="${periodHref(start.toISOString())}">${dayOf(start)} – ${dayOf(end)}</a>
          <small>${id}</small>
        </th>
        <td><span class="badge ${status === 'paid' ? 'good' : 'plain'}">${status}</span></td>
        <td class="number">${formatCents(totalCents, report.currency)}</td>
      </tr>`,
  );
  return tableSection({
    id: 'invoices',
    title: 'Invoices',
    heads: ['Usage of', 'Status', 'Total'],
    rows,
    instead: 'The first one comes when this period has ended.',
  });
}

/** Three columns, the last of them numbers; a sentence where there are no rows. */
function tableSection(table: {
  readonly id: string;
  readonly title: string;
  readonly heads: readonly [string, string, string];
  readonly rows: readonly Html[];
  readonly instead: string;
}): Html {
  const { id, title, heads, rows, instead } = table;
  return html`<section class="card wide" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="note">${instead}</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">${heads[0]}</th>
                <th scope="col">${heads[1]}</th>
                <th scope="col" class="number">${heads[2]}</th>
              </tr>
            </thead>
            <tbody>
              ${rows}
            </tbody>
          </table>`
    }
  </section>`;
}
