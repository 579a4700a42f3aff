/** Every change of state as an Event, and who is to be told of it. */
import { newId } from './identifiers';
import type { StripeEvent, StripeObject } from './objects';
import { present } from './presentation';
import type { Kind, Kinds } from './store';
import { API_VERSION, clockNow } from './world';
import type { World } from './world';
import type { Shown } from './presentation-parts';

export function emit(
  world: World,
  type: string,
  stored: StripeObject,
  previous?: Record<string, unknown>,
): StripeEvent {
  const event: StripeEvent = {
    id: newId('evt'),
    object: 'event',
    ...(stored.owner !== undefined && { account: stored.owner }),
    api_version: API_VERSION,
    created: clockNow(world, clockOf(world, stored)),
    data: {
      object: present(world, stored),
      ...(previous && { previous_attributes: previous }),
    },
    livemode: false,
    pending_webhooks: 0,
    happenedAtMs: world.settings.realNowMs(),
    request: { ...world.cause },
    type,
  };
  const endpoints = world.store
    .all('webhook_endpoint')
    .filter((endpoint) => endpoint.status === 'enabled' && isWanted(endpoint.enabled_events, type))
    .filter((endpoint) => endpoint.connect === (stored.owner !== undefined));
  event.pending_webhooks = endpoints.length;
  world.store.put('event', event);
  for (const endpoint of endpoints) {
    const delivery = world.store.put('delivery', {
      id: newId('dlv'),
      object: 'delivery',
      created: event.created,
      event: event.id,
      eventType: type,
      endpoint: endpoint.id,
      status: 'pending',
      attempts: [],
    });
    world.deliver(delivery.id);
  }
  return event;
}

/** Applies a change and, if it changed anything, emits it with what was there before. */
export function change<K extends Kind>(
  world: World,
  kind: K,
  stored: Kinds[K],
  update: Partial<Kinds[K]>,
  type: string | null,
  previous: Record<string, unknown> = {},
): Kinds[K] {
  const before: Record<string, unknown> = { ...previous };
  for (const [field, value] of Object.entries(update)) {
    const old = (stored as Shown)[field];
    if (value === undefined || JSON.stringify(old) === JSON.stringify(value)) continue;
    before[field] = structuredClone(old);
    (stored as Shown)[field] = value;
  }
  world.store.put(kind, stored);
  if (type !== null && Object.keys(before).length > 0) emit(world, type, stored, before);
  return stored;
}

function isWanted(enabled: readonly string[], type: string): boolean {
  return enabled.includes('*') || enabled.includes(type);
}

function clockOf(world: World, stored: StripeObject): string | null {
  if (stored.object === 'test_helpers.test_clock') return stored.id;
  if (typeof stored.test_clock === 'string') return stored.test_clock;
  const customer = typeof stored.customer === 'string' ? stored.customer : null;
  if (customer !== null) return world.store.get('customer', customer)?.test_clock ?? null;
  const invoice = typeof stored.invoice === 'string' ? stored.invoice : null;
  return invoice === null ? null : (world.store.get('invoice', invoice)?.test_clock ?? null);
}
