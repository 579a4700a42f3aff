/** Test clocks: what time it is on each, what is due next, and the buttons that move it. */
import type { TestClock } from '../objects';
import type { World } from '../world';
import { accountNow } from '../world';
import { dueOn, nextPeriodEnd } from './due';
import type { Due } from './due';
import { html, time } from './html';
import type { Html } from './html';
import { field, live, objectLink, order, tag } from './layout';
import type { PageContent } from './layout';

const DUE_SHOWN = 5;
const HERE = '/_sandbox/view/clocks';

export function clocksPage(world: World): PageContent {
  const clocks = world.store.all('test_helpers.test_clock').reverse();
  const now = new Date(accountNow(world) * 1000).toISOString().slice(0, 19);
  return {
    title: 'Clocks',
    place: HERE,
    body: html`<h1>Clocks</h1>
      <p class="lead">A test clock moves the customers on it, and everything of theirs.</p>
      <div class="grid">
        ${clocks.map((clock) => clockCard(world, clock, HERE))}
        <section class="card">
          <h2>The account’s clock</h2>
          ${live(
            'account-clock',
            html`<p class="clock">${time(accountNow(world))}</p>
              ${dueList(dueOn(world, null))}`,
          )}
          <p class="empty">Real time. Customers without a test clock follow it.</p>
        </section>
        <section class="card">
          <h2>New test clock</h2>
          ${order(
            '/_sandbox/clocks',
            HERE,
            html`${field('name', 'Name', { placeholder: 'optional' })}
            ${field('frozen_time', 'Begins at (UTC)', {
              type: 'datetime-local',
              step: '1',
              value: now,
              required: '',
            })}`,
            'Create',
          )}
        </section>
      </div>`,
  };
}

export function clockCard(world: World, clock: TestClock, returnPath: string): Html {
  return html`<section class="card">
    <div class="spread">
      <h2>${String(clock.name ?? 'Test clock')}</h2>
      ${objectLink(clock.id)}
    </div>
    ${live(`clock-${clock.id}`, clockFace(world, clock))}
    ${clockActions(world, clock.id, returnPath)}
  </section>`;
}

function clockFace(world: World, clock: TestClock): Html {
  const customers = world.store
    .where('customer', 'test_clock', clock.id)
    .filter((one) => !one.deleted);
  return html`<div class="spread">
      <p class="clock">${time(clock.frozen_time)}</p>
      ${tag(clock.status)}
    </div>
    ${dueList(dueOn(world, clock.id))}
    <p class="lead">
      ${customers.length === 0 ? 'No customers' : null}${customers.map(
        (one) => html`${objectLink(one.id, one.name ?? one.email ?? one.id)} `,
      )}
    </p>`;
}

function dueList(steps: readonly Due[]): Html {
  if (steps.length === 0)
    return html`<ul class="due">
      <li class="empty">Nothing is due.</li>
    </ul>`;
  const restCount = steps.length - DUE_SHOWN;
  return html`<ul class="due">
    ${steps
      .slice(0, DUE_SHOWN)
      .map(({ at, what, id }) => html`<li>${time(at)} ${objectLink(id)} ${what}</li>`)}
    ${restCount > 0 && html`<li class="empty">and ${restCount} more</li>`}
  </ul>`;
}

export function clockActions(world: World, clockId: string, returnPath: string): Html {
  const clock = world.store.get('test_helpers.test_clock', clockId);
  if (!clock) return html``;
  const end = nextPeriodEnd(world, clockId, clock.frozen_time);
  const advanceFields = (span: string): Html =>
    html`<input type="hidden" name="clock" value="${clockId}" />
      <input type="hidden" name="by" value="${span}" />`;
  const button = (span: string, text: string): Html =>
    order('/_sandbox/clocks/advance', returnPath, advanceFields(span), text, { layout: 'row' });
  const nextDay = new Date((clock.frozen_time + 86_400) * 1000).toISOString().slice(0, 19);
  return html`<div class="row">
      ${end !== null && button('period_end', 'To the period’s end')}
      ${button('hour', '+1 hour')}${button('day', '+1 day')}
    </div>
    <details>
      <summary>To a time of your choice</summary>
      ${order(
        '/_sandbox/clocks/advance',
        returnPath,
        html`<input type="hidden" name="clock" value="${clockId}" />
          ${field('to', 'Advance to (UTC)', { type: 'datetime-local', step: '1', value: nextDay, required: '' })}`,
        'Advance',
        { layout: 'row' },
      )}
    </details>`;
}
