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

/**
 * A table, with a sentence in its place where there are no rows. One that is too wide for a phone
 * is `stacked` there: its cells tell their column by `data-label`, and its roles are said, since
 * browsers forget them with the layout.
 */
export function tableSection(table: {
  readonly id: string;
  readonly title: string;
  readonly heads: readonly string[];
  /** How many of the last columns are numbers. */
  readonly numbers?: number;
  readonly isStacked?: boolean;
  readonly rows: readonly Html[];
  readonly instead: string;
}): Html {
  const { id, title, heads, numbers = 1, isStacked = false, rows, instead } = table;
  const role = (name: string) => isStacked && html` role="${name}"`;
  const head = (name: string, at: number) =>
    html`<th
      scope="col"
      ${at >= heads.length - numbers && html` class="number"`}${role('columnheader')}
    >
      ${name}
    </th> `;
  return html`<section class="card wide" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${
      rows.length === 0
        ? html`<p class="note">${instead}</p>`
        : html`<table${isStacked && html` class="stacked"`}${role('table')}>
            <thead${role('rowgroup')}>
              <tr${role('row')}>
                ${heads.map(head)}
              </tr>
            </thead>
            <tbody${role('rowgroup')}>
              ${rows}
            </tbody>
          </table>`
    }
  </section>`;
}
