/** Webhook deliveries: each with its attempts; sent again; what a shuffle holds let go. */
import { newId } from '../identifiers';
import type { Delivery } from '../objects-own';
import { isKeptEvent } from '../routes/events';
import type { World } from '../world';
import { accountNow } from '../world';
import { receiverOf } from '../webhook-bodies';
import { aText, checkOrder } from './order';
import { controlRoute, refuseOrder } from './route';
import type { Control } from './route';

export const DELIVERY_CONTROLS = [
  controlRoute('GET /_sandbox/deliveries', ({ world }) => ({ data: deliveries(world) })),
  controlRoute('POST /_sandbox/deliveries/resend', resend),
  controlRoute('POST /_sandbox/deliveries/retry', retry),
  controlRoute('POST /_sandbox/deliveries/release', ({ webhooks }) => ({
    released: webhooks.release(),
  })),
];

export function deliveries(world: World): (Delivery & { url: string | null })[] {
  return world.store
    .all('delivery')
    .map((delivery) => ({ ...delivery, url: receiverOf(world, delivery)?.url ?? null }))
    .reverse();
}

/** Sends it to one endpoint, or to every one that the event was for. */
function resend({ world, webhooks }: Control, order: Record<string, unknown>): unknown {
  const { event = '', endpoint } = checkOrder(order, { event: aText, endpoint: aText }, ['event']);
  const storedEvent = world.store.get('event', event) ?? world.store.get('v2.core.event', event);
  if (!storedEvent || !isKeptEvent(world, storedEvent))
    throw refuseOrder(`No such event in the last 30 days: ${event}.`, 'event');
  const receivers = endpoint === undefined ? receiversOf(world, event) : [endpoint];
  if (receivers.length === 0) {
    throw refuseOrder(`Event ${event} was for no endpoint: name one as endpoint.`, 'endpoint');
  }
  const sentIds = receivers.map((receiver) => {
    const delivery: Delivery = {
      id: newId('dlv'),
      object: 'delivery',
      created: accountNow(world),
      event,
      eventType: String(storedEvent.type),
      ...(typeof storedEvent.about === 'string' && { subject: storedEvent.about }),
      endpoint: receiver,
      status: 'pending',
      attempts: [],
      isExtra: true,
    };
    if (!receiverOf(world, delivery))
      throw refuseOrder(`No such webhook endpoint: ${receiver}.`, 'endpoint');
    return world.store.put('delivery', delivery).id;
  });
  webhooks.send(sentIds);
  return { resent: sentIds };
}

/** The hours until the next attempt of whatever was not taken yet are over. */
function retry({ world, webhooks }: Control): unknown {
  const pending = world.store.where('delivery', 'pending', 'pending');
  const ids = pending.flatMap(({ id, heldBy }) => (heldBy === undefined ? [id] : []));
  webhooks.send(ids);
  return { retried: ids };
}

function receiversOf(world: World, event: string): string[] {
  const deliveries = world.store.where('delivery', 'event', event);
  return [...new Set(deliveries.map(({ endpoint }) => endpoint))];
}
