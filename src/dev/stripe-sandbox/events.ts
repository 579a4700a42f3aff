/** Every change of state as an Event, and who is to be told of it. */
import { newId } from './identifiers';
import type { StripeObject } from './objects';
import type { StripeEvent } from './objects-webhooks';
import { present } from './presentation';
import type { Kind, Kinds } from './store';
import { API_VERSION, clockNow } from './world';
import type { World } from './world';
import type { Shown } from './presentation-parts';

export function emit(
  world: World,
  type: string,
  object: StripeObject,
  previousValues?: Record<string, unknown>,
): StripeEvent {
  const event: StripeEvent = {
    id: newId('evt'),
    object: 'event',
    ...(object.owner !== undefined && { account: object.owner }),
    api_version: API_VERSION,
    created: clockNow(world, clockOf(world, object)),
    data: {
      object: present(world, object),
      ...(previousValues && { previous_attributes: previousValues }),
    },
    livemode: false,
    pending_webhooks: 0,
    happenedAtMs: world.settings.realNowMs(),
    about: object.id,
    request: { ...world.cause },
    type,
  };
  const endpoints = world.store
    .all('webhook_endpoint')
    .filter((endpoint) => endpoint.status === 'enabled' && isWanted(endpoint.enabled_events, type))
    .filter((endpoint) => endpoint.connect === (object.owner !== undefined));
  event.pending_webhooks = endpoints.length;
  world.store.put('event', event);
  for (const endpoint of endpoints) {
    const delivery = world.store.put('delivery', {
      id: newId('dlv'),
      object: 'delivery',
      created: event.created,
      event: event.id,
      eventType: type,
      subject: object.id,
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
  object: Kinds[K],
  update: Partial<Kinds[K]>,
  type: string | null,
  extraValues: Record<string, unknown> = {},
): Kinds[K] {
  const previousValues: Record<string, unknown> = { ...extraValues };
  for (const [field, value] of Object.entries(update)) {
    const oldValue = (object as Shown)[field];
    if (value === undefined || JSON.stringify(oldValue) === JSON.stringify(value)) continue;
    previousValues[field] = structuredClone(oldValue);
    (object as Shown)[field] = value;
  }
  world.store.put(kind, object);
  if (type !== null && Object.keys(previousValues).length > 0)
    emit(world, type, object, previousValues);
  return object;
}

function isWanted(enabledTypes: readonly string[], type: string): boolean {
  return enabledTypes.includes('*') || enabledTypes.includes(type);
}

function clockOf(world: World, object: StripeObject): string | null {
  if (object.object === 'test_helpers.test_clock') return object.id;
  if (typeof object.test_clock === 'string') return object.test_clock;
  const customer = typeof object.customer === 'string' ? object.customer : null;
  if (customer !== null) return world.store.get('customer', customer)?.test_clock ?? null;
  const invoice = typeof object.invoice === 'string' ? object.invoice : null;
  return invoice === null ? null : (world.store.get('invoice', invoice)?.test_clock ?? null);
}
