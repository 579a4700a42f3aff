/** The first page: how much there is of what, the clocks, and what happened last. */
import type { World } from '../world';
import { clockCard } from './clocks-view';
import { deliveryTable, eventTable } from './events-view';
import { html } from './html';
import { card } from './layout';
import type { PageContent } from './layout';
import { kindsOf } from './objects-view';

const LATEST = 12;
const CLOCKS = 3;

export function overviewPage(world: World): PageContent {
  const kinds = kindsOf(world);
  const list = html`<ul class="kinds">
    ${kinds.map(
      ({ kind, count }) =>
        html`<li>
          <a href="/_sandbox/view/objects?kind=${encodeURIComponent(kind)}">${kind}</a>
          <span>${count}</span>
        </li>`,
    )}
  </ul>`;
  const clocks = world.store.all('test_helpers.test_clock').slice(-CLOCKS).reverse();
  const events = world.store.all('event').slice(-LATEST).reverse();
  return {
    title: 'Overview',
    place: '/_sandbox/',
    body: html`<h1>Stripe, on this machine</h1>
      <p class="lead">
        Any key <code>sk_test_…</code>, API version 2026-10-28.endive. Times are UTC.
      </p>
      ${card('Objects', kinds.length === 0 ? html`<p class="empty">None yet.</p>` : list, 'kinds')}
      ${
        clocks.length > 0 &&
        html`<div class="grid">${clocks.map((one) => clockCard(world, one, '/_sandbox/'))}</div>
          <p></p>`
      }
      ${card('Latest events', eventTable(events), 'latest-events')}
      ${card('Latest deliveries', deliveryTable(world, LATEST), 'latest-deliveries')}`,
  };
}
