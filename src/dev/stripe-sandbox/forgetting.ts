/** What Stripe forgets in time is not kept in memory for ever: identifiers, keys, old events. */
import { forgetSessions } from './meter-event-sessions';
import type { World } from './world';

const DAY_MS = 86_400_000;
const EVENTS_KEPT_MS = 30 * DAY_MS;

export function forget(world: World): void {
  const now = world.settings.realNowMs();
  world.store.forgetIdentifiers(now - DAY_MS);
  for (const key of world.store.oldestFirst('idempotency_key')) {
    // They are in the order of their making: the first that is young enough ends the search.
    if (now - Number(key.keptAtMs) < DAY_MS) break;
    world.store.remove('idempotency_key', key.id);
  }
  forgetSessions(world);
  forgetEvents(world, now - EVENTS_KEPT_MS);
}

function forgetEvents(world: World, limit: number): void {
  for (const kind of ['event', 'v2.core.event'] as const) {
    for (const event of world.store.oldestFirst(kind)) {
      if (event.happenedAtMs >= limit) break;
      world.store.remove(kind, event.id);
      for (const delivery of world.store.where('delivery', 'event', event.id))
        world.store.remove('delivery', delivery.id);
    }
  }
}
