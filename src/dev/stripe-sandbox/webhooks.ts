/** Signed deliveries, at least once, retried with backoff; `invoice.created` delivered is noted. */
import { createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Delivery, Invoice } from './objects';
import { clockNow } from './world';
import type { World } from './world';

const ATTEMPT_TIMEOUT_MS = 10_000;
const FINALIZATION_DELAY_S = 3600;

export interface Webhooks {
  /** Takes up everything that is pending, as after a restart. */
  resume(): void;
  stop(): void;
}

export function startWebhooks(world: World, afterChange: () => void): Webhooks {
  const timers = new Set<NodeJS.Timeout>();

  function schedule(deliveryId: string, delayMs: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void attempt(deliveryId);
    }, delayMs);
    timers.add(timer);
  }

  async function attempt(deliveryId: string): Promise<void> {
    const delivery = world.store.get('delivery', deliveryId);
    if (world.isClosed || delivery?.status !== 'pending') return;
    const outcome = await send(world, delivery);
    // A reset in the meantime made this delivery a thing of the past.
    if (world.isClosed || world.store.get('delivery', deliveryId) !== delivery) return;
    delivery.attempts.push({ at: world.settings.realNowMs(), ...outcome });
    const isDelivered = outcome.status !== null && outcome.status >= 200 && outcome.status < 300;
    const retryDelay = world.settings.webhookRetryDelaysMs[delivery.attempts.length - 1];
    if (isDelivered) settle(world, delivery, 'succeeded');
    else if (retryDelay === undefined) settle(world, delivery, 'failed');
    else schedule(deliveryId, retryDelay);
    world.store.put('delivery', delivery);
    afterChange();
  }

  world.deliver = (deliveryId) => schedule(deliveryId, 0);
  return {
    resume: () => {
      for (const delivery of world.store.all('delivery'))
        if (delivery.status === 'pending') schedule(delivery.id, 0);
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** Whether `invoice.created` of this invoice still waits for an endpoint's 2xx. */
export function isAnnouncing(world: World, invoiceId: string): boolean {
  return world.store
    .all('delivery')
    .some(
      (delivery) =>
        delivery.status === 'pending' &&
        delivery.eventType === 'invoice.created' &&
        announcedInvoice(world, delivery)?.id === invoiceId,
    );
}

function settle(world: World, delivery: Delivery, status: 'succeeded' | 'failed'): void {
  delivery.status = status;
  const event = world.store.get('event', delivery.event);
  if (event && status === 'succeeded') {
    event.pending_webhooks = Math.max(0, event.pending_webhooks - 1);
    world.store.put('event', event);
  }
  if (delivery.eventType !== 'invoice.created' || status === 'failed') return;
  const invoice = announcedInvoice(world, delivery);
  if (invoice && !isAnnouncing(world, invoice.id)) noteAnnounced(world, invoice);
}

/** Stripe's hour of grace begins when the last endpoint took `invoice.created`. */
export function noteAnnounced(world: World, invoice: Invoice): void {
  const now = clockNow(world, invoice.test_clock);
  invoice.webhooks_delivered_at = now;
  if (invoice.status === 'draft' && invoice.automatically_finalizes_at !== null) {
    invoice.automatically_finalizes_at = Math.max(
      invoice.automatically_finalizes_at,
      now + FINALIZATION_DELAY_S,
    );
  }
  world.store.put('invoice', invoice);
}

function announcedInvoice(world: World, delivery: Delivery): Invoice | undefined {
  const shown = world.store.get('event', delivery.event)?.data.object as { id: string } | undefined;
  return shown && world.store.get('invoice', shown.id);
}

interface Outcome {
  status: number | null;
  error: string | null;
}

function send(world: World, delivery: Delivery): Promise<Outcome> {
  const endpoint = world.store.get('webhook_endpoint', delivery.endpoint);
  const event = world.store.get('event', delivery.event);
  if (!endpoint || !event) return Promise.resolve({ status: null, error: 'endpoint deleted' });
  const version = endpoint.api_version ?? event.api_version;
  const body = JSON.stringify({ ...event, api_version: version }, null, 2);
  world.record({ kind: 'webhook', body });
  // Signed with real time even for a customer whose clock is years ahead: so does Stripe.
  const timestamp = Math.floor(world.settings.realNowMs() / 1000);
  const signature = createHmac('sha256', endpoint.secret).update(`${timestamp}.${body}`);
  return post(endpoint.url, body, `t=${timestamp},v1=${signature.digest('hex')}`);
}

function post(url: string, body: string, signature: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false,
        timeout: ATTEMPT_TIMEOUT_MS,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'stripe-signature': signature,
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        },
      },
      (answer) => {
        answer.resume();
        answer.on('error', () => undefined);
        resolve({ status: answer.statusCode ?? null, error: null });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in 10 s')));
    outgoing.on('error', (error) => resolve({ status: null, error: error.message }));
    // An endpoint that hangs must not keep a closed sandbox's process alive.
    outgoing.on('socket', (socket) => socket.unref());
    outgoing.end(body);
  });
}
