/** Thin events of Stripe's API v2, and the event destinations that are told of them. */
import { newId } from './identifiers';
import type { EventDestination, ThinEvent } from './objects-v2';
import { accountNow } from './world';
import type { World } from './world';

export interface News {
  type: string;
  related: ThinEvent['related_object'];
  data: Record<string, unknown>;
}

export function emitThin(world: World, news: News, onlyDestination?: EventDestination): ThinEvent {
  const event: ThinEvent = world.store.put('v2.core.event', {
    id: newId('evt_test'),
    object: 'v2.core.event',
    created: accountNow(world),
    type: news.type,
    related_object: news.related,
    data: news.data,
    happenedAtMs: world.settings.realNowMs(),
  });
  const listeners = world.store
    .all('v2.core.event_destination')
    .filter(({ status }) => status === 'enabled')
    .filter(({ enabled_events: types }) => types.includes(news.type) || types.includes('*'));
  for (const destination of onlyDestination ? [onlyDestination] : listeners) {
    const delivery = world.store.put('delivery', {
      id: newId('dlv'),
      object: 'delivery',
      created: event.created,
      event: event.id,
      eventType: event.type,
      endpoint: destination.id,
      status: 'pending',
      attempts: [],
    });
    world.deliver(delivery.id);
  }
  return event;
}

export function showThin(event: ThinEvent): Record<string, unknown> {
  return {
    id: event.id,
    object: event.object,
    created: iso(event.created),
    ...(Object.keys(event.data).length > 0 && { data: event.data }),
    livemode: false,
    ...(event.related_object && { related_object: event.related_object }),
    type: event.type,
  };
}

/** What `include` may reveal of a destination. */
export const INCLUDES = ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'] as const;
export type Include = (typeof INCLUDES)[number];

export function showDestination(
  destination: EventDestination,
  include: readonly Include[] = [],
): Record<string, unknown> {
  const details = {
    ...(include.includes('webhook_endpoint.signing_secret') && {
      signing_secret: destination.secret,
    }),
    ...(include.includes('webhook_endpoint.url') && { url: destination.url }),
  };
  return {
    id: destination.id,
    object: destination.object,
    created: iso(destination.created),
    description: destination.description,
    enabled_events: destination.enabled_events,
    event_payload: 'thin',
    events_from: ['self'],
    livemode: false,
    metadata: destination.metadata,
    name: destination.name,
    status: destination.status,
    ...(destination.status === 'disabled' && {
      status_details: { disabled: { reason: 'user' } },
    }),
    type: 'webhook_endpoint',
    updated: iso(destination.updated),
    webhook_endpoint: details,
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
