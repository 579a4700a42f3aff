/** What Stripe forgets in time is not kept in memory for ever: identifiers, keys, old events. */
import type { World } from './world';

const DAY_MS = 86_400_000;
const EVENTS_KEPT_MS = 30 * DAY_MS;

export function forget(world: World): void {
  const now = world.settings.realNowMs();
  world.store.forgetIdentifiers(now - DAY_MS);
  for (const key of world.store.all('idempotency_key')) {
    // They are in the order of their making: the first that is young enough ends the search.
    if (now - Number(key.keptAtMs) < DAY_MS) break;
    world.store.remove('idempotency_key', key.id);
  }
  forgetEvents(world, now - EVENTS_KEPT_MS);
}

function forgetEvents(world: World, limit: number): void {
  const forgottenIds = new Set<string>();
  for (const kind of ['event', 'v2.core.event'] as const) {
    for (const event of world.store.all(kind)) {
      if (event.happenedAtMs >= limit) break;
      forgottenIds.add(event.id);
      world.store.remove(kind, event.id);
    }
  }
  if (forgottenIds.size === 0) return;
  for (const delivery of world.store.all('delivery'))
    if (forgottenIds.has(delivery.event)) world.store.remove('delivery', delivery.id);
}
