/** The document of the customer's page: what it shows first, and the built front end that does. */
import type { BuiltApp } from './built-app';
import { documentOf } from './document';
import { html } from './html';
import type { DashboardView } from './view';

export function customerPage(view: DashboardView, { script, styles }: BuiltApp): string {
  return documentOf({
    title: `Usage of ${view.customerName}`,
    head: html`${styles.map((file) => html`<link rel="stylesheet" href="dashboard/${file}" />`)}
      <script type="module" src="dashboard/${script}"></script>`,
    body: html`<div id="app" data-view="${JSON.stringify(view)}">
        <p class="late">The page is loading. If it stays like this, load it again.</p>
      </div>
      <noscript>
        <main>
          <header><h1>${view.customerName}</h1></header>
          <section class="card">
            <p>This page needs JavaScript. The API has the same figures.</p>
          </section>
        </main>
      </noscript>`,
  });
}
