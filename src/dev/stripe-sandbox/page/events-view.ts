/** Events and their deliveries, newest first. */
import { deliveries } from '../control/deliveries';
import type { StripeObject } from '../objects';
import type { Delivery } from '../objects-own';
import type { World } from '../world';
import { html, time } from './html';
import type { Html } from './html';
import { card, objectLink, order, table, tag } from './layout';
import type { PageContent } from './layout';

const SHOWN = 100;

export function eventsPage(world: World, type: string | null): PageContent {
  const events: StripeObject[] = [...world.store.all('event'), ...world.store.all('v2.core.event')];
  const matches = events.filter((event) => type === null || String(event.type).startsWith(type));
  return {
    title: 'Events',
    place: '/_sandbox/view/events',
    body: html`<h1>Events</h1>
      <p class="lead">${matches.length} of ${events.length}, newest first; kept for 30 days.</p>
      <section class="card">
        <form class="row" action="/_sandbox/view/events">
          <label
            >Type begins with <input name="type" value="${type ?? ''}" placeholder="invoice."
          /></label>
          <div><button>Show</button></div>
        </form>
      </section>
      ${card('Events', eventTable(matches.slice(-SHOWN).reverse()), 'events')}`,
  };
}

export function eventTable(events: readonly StripeObject[]): Html {
  const rows = events.map((event) => ({
    id: event.id,
    cells: [
      objectLink(event.id, String(event.type)),
      aboutOf(event),
      time(event.created),
      event.pending_webhooks ? tag(`${String(event.pending_webhooks)} pending`) : html`–`,
    ],
  }));
  return table('Events', ['Event', 'About', 'When (UTC)', 'Webhooks'], rows, 'No events yet.');
}

function aboutOf(event: StripeObject): Html {
  const data = event.data as { object?: { id?: string } } | undefined;
  const relatedObject = event.related_object as { id: string } | null | undefined;
  const id = data?.object?.id ?? relatedObject?.id;
  return id === undefined ? html`–` : objectLink(id);
}

export function deliveriesPage(world: World): PageContent {
  return {
    title: 'Deliveries',
    place: '/_sandbox/view/deliveries',
    body: html`<h1>Deliveries</h1>
      <p class="lead">What was sent to webhook endpoints, with every attempt. Newest first.</p>
      ${card('Endpoints', endpointTable(world), 'endpoints')}
      ${card('Deliveries', deliveryTable(world, SHOWN), 'deliveries')}`,
  };
}

function endpointTable(world: World): Html {
  const classic = world.store.all('webhook_endpoint').map((one) => ({
    ...one,
    kind: one.connect ? 'connected accounts’ events' : 'snapshot events',
  }));
  const thinDestinations = world.store
    .all('v2.core.event_destination')
    .map((one) => ({ ...one, kind: 'thin events' }));
  const rows = [...classic, ...thinDestinations].map((one) => ({
    id: one.id,
    cells: [
      objectLink(one.id),
      html`<span class="id">${one.url}</span>`,
      html`${one.kind}`,
      html`${one.enabled_events.length > 3 ? one.enabled_events.length : one.enabled_events.join(', ')}`,
      tag(one.status),
    ],
  }));
  const heads = ['Id', 'URL', 'Hears', 'Event types', 'Status'];
  return table('Endpoints', heads, rows, 'No endpoint is registered.');
}

export function deliveryTable(world: World, rowsMax: number): Html {
  const rows = deliveries(world)
    .slice(0, rowsMax)
    .map((delivery) => ({
      id: delivery.id,
      cells: [
        objectLink(delivery.event, delivery.eventType),
        html`<span class="id">${delivery.url ?? delivery.endpoint}</span>`,
        tag(stateOf(delivery)),
        attemptsOf(delivery),
        resendButton(delivery),
      ],
    }));
  const heads = ['Event', 'To', 'State', 'Attempts (UTC)', 'Again'];
  return table('Deliveries', heads, rows, 'Nothing was sent yet.');
}

function stateOf(delivery: Delivery): string {
  if (delivery.isDropped) return 'dropped';
  if (delivery.heldBy !== undefined) return 'held';
  return delivery.status;
}

function attemptsOf({ attempts }: Delivery): Html {
  if (attempts.length === 0) return html`–`;
  const list = attempts.map(
    ({ at, status, error }) => html`<div>${time(at / 1000)} ${status ?? error}</div>`,
  );
  if (attempts.length <= 2) return html`${list}`;
  return html`<details>
      <summary>${attempts.length} attempts</summary>
      ${list}
    </details>
    ${list.at(-1)}`;
}

function resendButton({ event, endpoint }: Delivery): Html {
  const hiddenFields = html`<input type="hidden" name="event" value="${event}" />
    <input type="hidden" name="endpoint" value="${endpoint}" />`;
  const options = { mood: 'small', layout: 'row' } as const;
  const returnPath = '/_sandbox/view/deliveries';
  return order('/_sandbox/deliveries/resend', returnPath, hiddenFields, 'Send again', options);
}
