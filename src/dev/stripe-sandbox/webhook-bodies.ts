/** What is sent to whom: the event in the version of its endpoint, or its thin notification. */
import { createHmac } from 'node:crypto';
import type { Delivery } from './objects-own';
import { present } from './presentation';
import type { World } from './world';

export interface Letter {
  url: string;
  body: string;
  signature: string;
}

export interface Receiver {
  url: string;
  secret: string;
  status: 'enabled' | 'disabled';
}

export function receiverOf(world: World, delivery: Delivery): Receiver | undefined {
  const endpoint = world.store.get('webhook_endpoint', delivery.endpoint);
  return endpoint ?? world.store.get('v2.core.event_destination', delivery.endpoint);
}

/** Null when the event or the endpoint is gone. */
export function letterOf(world: World, delivery: Delivery): Letter | null {
  const receiver = receiverOf(world, delivery);
  const body = bodyOf(world, delivery);
  if (!receiver || body === null) return null;
  world.record({ kind: 'webhook', body });
  // Signed with real time, whatever clock the customer or the account has: so does Stripe, and a
  // receiver takes no signature of long ago.
  const timestamp = Math.floor(Date.now() / 1000);
  const digest = createHmac('sha256', receiver.secret).update(`${timestamp}.${body}`).digest('hex');
  return { url: receiver.url, body, signature: `t=${timestamp},v1=${digest}` };
}

function bodyOf(world: World, delivery: Delivery): string | null {
  const event = world.store.get('event', delivery.event);
  if (event) {
    const endpoint = world.store.get('webhook_endpoint', delivery.endpoint);
    const version = endpoint?.api_version ?? event.api_version;
    return JSON.stringify({ ...present(world, event), api_version: version }, null, 2);
  }
  const thinEvent = world.store.get('v2.core.event', delivery.event);
  if (!thinEvent) return null;
  // A thin notification is without its data: the receiver fetches the event.
  const notification = present(world, thinEvent);
  delete notification.data;
  return JSON.stringify(notification);
}
