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
  return html`<section class="card wide" aria-labelledby="models">
    <h2 id="models">By model</h2>
    ${
      rows.length === 0
        ? html`<p class="note">No usage in this period yet.</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Kind</th>
                <th scope="col" class="number">Tokens</th>
              </tr>
            </thead>
            <tbody>
              ${rows}
            </tbody>
          </table>`
    }
  </section>`;
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
  return html`<section class="card wide" aria-labelledby="invoices">
    <h2 id="invoices">Invoices</h2>
    ${
      rows.length === 0
        ? html`<p class="note">The first one comes when this period has ended.</p>`
        : html`<table>
            <thead>
              <tr>
                <th scope="col">Usage of</th>
                <th scope="col">Status</th>
                <th scope="col" class="number">Total</th>
              </tr>
            </thead>
            <tbody>
              ${rows}
            </tbody>
          </table>`
    }
  </section>`;
}
