/** A table of a page that is rendered here. */
import type { Html } from './html';
import { html } from './html';

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
  const head = (name: string, index: number) =>
    html`<th
      scope="col"
      ${index >= heads.length - numbers && html` class="number"`}${role('columnheader')}
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
