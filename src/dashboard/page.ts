/** The customer's page, whole. */
import { accessSection } from './access-section';
import { dailyChart } from './daily-chart';
import type { Html } from './html';
import { html } from './html';
import { documentOf } from './document';
import { moneySections } from './money-section';
import { invoiceTable, modelTable } from './tables';
import { dayOf, momentOf } from './time';
import { usageSection } from './usage-section';
import type { DashboardView } from './view';

export function dashboardPage(view: DashboardView): string {
  return documentOf({
    title: `Usage of ${view.customerName}`,
    isLive: true,
    main: html`${heading(view)}
      <div class="cards">
        ${usageSection(view.report)}${!view.isEnded && accessSection(view)}${moneySections(view)}
        ${dailyChart(view.report)}${modelTable(view.report)}${invoiceTable(view)}
      </div>`,
    footer: html`As of ${momentOf(view.now)}${view.isOnTestClock && ' (test clock)'}. All times are
    UTC.`,
  });
}

function heading({ customerName, planName, report, isEnded, periodHref }: DashboardView): Html {
  const start = new Date(report.period.start);
  const end = new Date(report.period.end);
  return html`<header>
    <h1>${customerName}</h1>
    <p>
      <strong>${planName}</strong> · ${dayOf(start)} – ${dayOf(end)}
      ${isEnded && html`· <a href="${periodHref('current')}">current period</a>`}
    </p>
  </header>`;
}
