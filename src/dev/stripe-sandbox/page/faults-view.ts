/** The panel: faults to order, payments to fail, disputes to open, states to keep and restore. */
import { FAULT_STATUSES } from '../faults';
import type { Snapshots } from '../snapshots';
import type { World } from '../world';
import { html } from './html';
import type { Html } from './html';
import { card, choice, field, order, table } from './layout';
import type { PageContent } from './layout';
import { dispute, failNextPayment, requirements } from './object-actions';
import { FAULT_MODES, WEBHOOK_FAULTS } from '../objects-own';

const HERE = '/_sandbox/view/faults';

export function faultsPage(world: World, snapshots: Snapshots): PageContent {
  return {
    title: 'Faults and orders',
    place: HERE,
    body: html`<h1>Faults and orders</h1>
      <p class="lead">A bad day, on order. The same seed makes the same day.</p>
      ${card('Ordered now', orderedTable(world), 'ordered')}
      <div class="stack">
        ${card('A fault of requests', requestFault())}
        ${card('Chance', order('/_sandbox/seed', HERE, SEED, 'Seed', { layout: 'row' }))}
        ${card('A fault of webhooks', webhookFault())}
        ${card('The next payment fails', failNextPayment(HERE, null))}
        ${card('A dispute', dispute(HERE, null))}
        ${card('A connected account', requirements(HERE, null))}
        ${card('Keep and restore', states(snapshots))}
      </div>`,
  };
}

const SEED = field('seed', 'Begin the dice anew with seed', {
  type: 'number',
  min: '0',
  value: '1',
  required: '',
});

function orderedTable(world: World): Html {
  const faults = [...world.store.all('fault'), ...world.store.all('webhook_fault')];
  const rows = faults.map((fault) => ({
    id: fault.id,
    cells: [
      html`${fault.object === 'fault' ? fault.mode : `webhooks: ${fault.webhooks}`}`,
      html`<span class="id">${scopeOf(fault)}</span>`,
      html`${fault.object === 'fault' ? (fault.status ?? '–') : '–'}`,
      html`${fault.times}${fault.probability !== null && ` · chance ${fault.probability}`}`,
    ],
  }));
  const failingPayments = world.store.all('failing_payment').map(({ id, code }) => ({
    id: `fail-${id}`,
    cells: [
      html`next payment fails`,
      html`<span class="id">${id}</span>`,
      html`${String(code)}`,
      html`1`,
    ],
  }));
  const heads = ['Fault', 'Where', 'Answer', 'Times left'];
  const faultTable = table(
    'Ordered faults',
    heads,
    [...rows, ...failingPayments],
    'Nothing: all is well.',
  );
  if (faults.length === 0) return faultTable;
  return html`${faultTable}
    <p></p>
    ${order('/_sandbox/faults/clear', HERE, html``, 'Clear all faults')}`;
}

function scopeOf(fault: ReturnType<World['store']['all']>[number]): string {
  const parts = [fault.method, fault.path, fault.objectId, fault.endpoint, fault.types];
  const givenParts = parts.filter((part) => part !== null && part !== undefined);
  return givenParts.length === 0 ? 'everywhere' : givenParts.join(' ');
}

const HOW_OFTEN = html`<div class="pair">
  ${field('times', 'Times, or “always”', {
    placeholder: '1',
  })}
  ${field('probability', 'Chance (0 to 1)', { placeholder: 'certain' })}
</div>`;

function requestFault(): Html {
  const modes = FAULT_MODES.map((mode) => [mode, MEANINGS[mode]] as const);
  return order(
    '/_sandbox/faults',
    HERE,
    html`${field('path', 'Path: a prefix or a regular expression', { value: '/v1/' })}
      ${field('object', 'or an object that it names', { placeholder: 'cus_…, sub_…' })}
      <div class="pair">
        ${choice('method', 'Method', [['', 'any'], 'GET', 'POST', 'DELETE'])}
        ${choice('status', 'Answer', [['', 'none'], ...FAULT_STATUSES.map(String)])}
      </div>
      ${choice('mode', 'What happens', modes)} ${HOW_OFTEN}
      <div class="pair">
        ${field('delayMs', 'Delay in ms', { type: 'number', min: '0' })}
        ${choice('shouldRetry', 'Stripe-Should-Retry', [['', 'not sent'], 'true', 'false'])}
      </div>`,
    'Order the fault',
    { mood: 'main' },
  );
}

const MEANINGS: Record<(typeof FAULT_MODES)[number], string> = {
  before: 'refused, not applied',
  after_apply_timeout: 'applied, no answer',
  before_timeout: 'not applied, no answer',
  cut: 'applied, half an answer',
  cut_before: 'not applied, connection closed',
  delay: 'answered late',
};

function webhookFault(): Html {
  return order(
    '/_sandbox/faults',
    HERE,
    html`${choice('webhooks', 'Deliveries are', [
        [WEBHOOK_FAULTS[0], 'sent twice'],
        [WEBHOOK_FAULTS[1], 'never sent'],
        [WEBHOOK_FAULTS[2], 'sent late'],
        [WEBHOOK_FAULTS[3], 'sent in another order'],
      ])}
      ${field('types', 'Event types, separated by commas', { placeholder: 'every type' })}
      ${field('endpoint', 'Endpoint', { placeholder: 'every endpoint' })} ${HOW_OFTEN}
      <div class="pair">
        ${field('delayMs', 'Late, or held at most, ms', { type: 'number', min: '1' })}
        ${field('window', 'How many to shuffle', { type: 'number', min: '2' })}
      </div>`,
    'Order the fault',
    { mood: 'main' },
  );
}

function states(snapshots: Snapshots): Html {
  const snapshotList = snapshots.list().reverse();
  const options = snapshotList.map(
    ({ id, objects }) => [id, `${id} · ${objects} objects`] as const,
  );
  const restore = order(
    '/_sandbox/restore',
    HERE,
    choice('snapshot', 'A kept state', options),
    'Restore',
    { layout: 'row', ask: 'What happened since then is lost. Restore?' },
  );
  return html`<div class="fields">
    <div class="row">
      ${order('/_sandbox/snapshot', HERE, html``, 'Keep this state')}
      <a href="/_sandbox/snapshot" download="stripe-sandbox.json">or download it</a>
    </div>
    ${snapshotList.length > 0 && restore}
    <label>Restore a downloaded state<input type="file" accept=".json" data-restore /></label>
    ${order('/_sandbox/reset', HERE, html``, 'Forget everything', {
      mood: 'danger',
      ask: 'Every object is lost. Forget everything?',
    })}
  </div>`;
}
