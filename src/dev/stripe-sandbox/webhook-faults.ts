/** Faults of deliveries: sent twice, never sent, sent late, or several of them in another order. */
import { ownSequence, shuffled } from './chance';
import { isHit, useUp } from './faults';
import { newId } from './identifiers';
import type { Delivery } from './objects-own';
import type { World } from './world';
import type { WebhookFault } from './objects-own';

/** What is to be done with a new delivery in place of sending it at once. */
export interface Detour {
  /** These are sent now, in this order, one after the other. */
  now: string[];
  later: { delivery: string; delayMs: number } | null;
  /** What is held of this fault goes out after so long, even if the window is not full. */
  releases: { fault: string; afterMs: number } | null;
  dropped: Delivery | null;
}

const STRAIGHT = { later: null, releases: null, dropped: null };

export function detour(world: World, delivery: Delivery): Detour {
  const fault = world.store.all('webhook_fault').find((one) => isFor(one, delivery));
  if (!fault || !isHit(world, fault)) return { ...STRAIGHT, now: [delivery.id] };
  useUp(world, 'webhook_fault', fault);
  switch (fault.webhooks) {
    case 'duplicate':
      return { ...STRAIGHT, now: [delivery.id, copyOf(world, delivery).id] };
    case 'drop':
      world.store.put('delivery', { ...delivery, isDropped: true });
      return { ...STRAIGHT, now: [], dropped: delivery };
    case 'delay':
      world.store.put('delivery', { ...delivery, notBeforeMs: dueIn(world, fault.delayMs) });
      return { ...STRAIGHT, now: [], later: { delivery: delivery.id, delayMs: fault.delayMs } };
    case 'shuffle':
      return hold(world, fault, delivery);
  }
}

/** What a shuffling fault still holds, in the order that chance gives. */
export function releaseHeld(world: World, faultId: string | null): string[] {
  const heldDeliveries = world.store
    .where('delivery', 'pending', 'pending')
    .filter(({ heldBy }) => heldBy !== undefined && (faultId === null || heldBy === faultId));
  const sequence = world.store.get('sandbox_chance', heldDeliveries[0]?.heldBy ?? '')?.id ?? null;
  const order = shuffled(world, sequence, heldDeliveries);
  for (const delivery of order) {
    const releasedDelivery = { ...delivery };
    delete releasedDelivery.heldBy;
    world.store.put('delivery', releasedDelivery);
  }
  return order.map(({ id }) => id);
}

export function orderWebhookFault(world: World, terms: WebhookFault, seed: number | null) {
  const sequence = ownSequence(world, terms.id, seed);
  return world.store.put('webhook_fault', { ...terms, sequence });
}

function hold(world: World, fault: WebhookFault, delivery: Delivery): Detour {
  world.store.put('delivery', { ...delivery, heldBy: fault.id });
  const heldDeliveries = world.store.where('delivery', 'heldBy', fault.id);
  const isSpent = world.store.get('webhook_fault', fault.id) === undefined;
  if (heldDeliveries.length >= fault.window || isSpent)
    return { ...STRAIGHT, now: releaseHeld(world, fault.id) };
  const releases = heldDeliveries.length === 1 ? { fault: fault.id, afterMs: fault.delayMs } : null;
  return { ...STRAIGHT, now: [], releases };
}

/** The same event once more: at-least-once means that this may happen. */
function copyOf(world: World, delivery: Delivery): Delivery {
  return world.store.put('delivery', {
    ...delivery,
    id: newId('dlv'),
    attempts: [],
    isExtra: true,
  });
}

function dueIn(world: World, delayMs: number): number {
  return world.settings.realNowMs() + delayMs;
}

function isFor(fault: WebhookFault, delivery: Delivery): boolean {
  return (
    (fault.types === null || fault.types.includes(delivery.eventType)) &&
    (fault.endpoint === null || fault.endpoint === delivery.endpoint)
  );
}
