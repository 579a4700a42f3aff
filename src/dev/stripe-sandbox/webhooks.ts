/** Deliveries, at least once, retried with backoff; `invoice.created` delivered is noted. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Invoice } from './objects';
import type { Delivery } from './objects-own';
import { letterOf, receiverOf } from './webhook-bodies';
import type { Letter } from './webhook-bodies';
import { detour, releaseHeld } from './webhook-faults';
import { clockNow } from './world';
import type { World } from './world';

const ATTEMPT_TIMEOUT_MS = 10_000;
const FINALIZATION_DELAY_S = 3600;
/** An endpoint has so many to answer at a time: believed. More wait. */
const AT_ONCE = 50;

interface Lane {
  underWay: number;
  readonly waiting: (() => void)[];
}

export interface Webhooks {
  /** Takes up everything that is pending, as after a restart. */
  resume(): void;
  /** Ends what is scheduled; what is under way finds that its delivery is gone, or is noted. */
  stop(): void;
  /** Sends these at once, whatever faults are ordered. */
  send(deliveryIds: readonly string[]): void;
  /** Sends what shuffling faults still hold. */
  release(): number;
}

/** What every delivery needs: where it is kept, when it goes out, who is told afterwards. */
interface Dispatch {
  readonly world: World;
  readonly timers: Set<NodeJS.Timeout>;
  /** Each endpoint has its own. */
  readonly lanes: Map<string, Lane>;
  readonly afterChange: () => void;
}

export function startWebhooks(world: World, afterChange: () => void): Webhooks {
  const dispatch: Dispatch = { world, timers: new Set(), lanes: new Map(), afterChange };
  world.deliver = (deliveryId) => deliver(dispatch, deliveryId);
  return {
    resume: () => resume(dispatch),
    stop: () => {
      for (const timer of dispatch.timers) clearTimeout(timer);
      dispatch.timers.clear();
    },
    send: (deliveryIds) => sendInOrder(dispatch, deliveryIds),
    release: () => {
      const ids = releaseHeld(world, null);
      sendInOrder(dispatch, ids);
      return ids.length;
    },
  };
}

function deliver(dispatch: Dispatch, deliveryId: string): void {
  const { world } = dispatch;
  const delivery = world.store.get('delivery', deliveryId);
  if (!delivery) return;
  const { now, later: delayedDelivery, releases, dropped } = detour(world, delivery);
  if (now.length > 0) sendInOrder(dispatch, now);
  if (delayedDelivery) schedule(dispatch, delayedDelivery.delivery, delayedDelivery.delayMs);
  if (releases) releaseAfter(dispatch, releases.fault, releases.afterMs);
  if (dropped) later(dispatch, 0, () => drop(dispatch, dropped.id));
}

function resume(dispatch: Dispatch): void {
  const { world } = dispatch;
  const pending = world.store.where('delivery', 'pending', 'pending');
  for (const delivery of pending) {
    if (delivery.isDropped) later(dispatch, 0, () => drop(dispatch, delivery.id));
    else if (delivery.heldBy === undefined)
      schedule(dispatch, delivery.id, (delivery.notBeforeMs ?? 0) - world.settings.realNowMs());
  }
  const faultIds = pending.flatMap(({ heldBy }) => heldBy ?? []);
  for (const fault of new Set(faultIds))
    releaseAfter(dispatch, fault, world.store.get('webhook_fault', fault)?.delayMs ?? 0);
}

function later({ timers }: Dispatch, delayMs: number, run: () => void): void {
  const timer = setTimeout(() => {
    timers.delete(timer);
    run();
  }, delayMs);
  timers.add(timer);
}

const schedule = (dispatch: Dispatch, deliveryId: string, delayMs: number): void =>
  later(dispatch, delayMs, () => void attempt(dispatch, deliveryId));

const sendInOrder = (dispatch: Dispatch, deliveryIds: readonly string[]): void =>
  later(dispatch, 0, () => void attemptAll(dispatch, deliveryIds));

const releaseAfter = (dispatch: Dispatch, fault: string, afterMs: number): void =>
  later(dispatch, afterMs, () => sendInOrder(dispatch, releaseHeld(dispatch.world, fault)));

async function attemptAll(dispatch: Dispatch, deliveryIds: readonly string[]): Promise<void> {
  for (const id of deliveryIds) await attempt(dispatch, id);
}

async function attempt(dispatch: Dispatch, deliveryId: string): Promise<void> {
  const delivery = dispatch.world.store.get('delivery', deliveryId);
  if (delivery) await inLane(dispatch, delivery.endpoint, () => attemptNow(dispatch, delivery));
}

/** The seconds in which an endpoint has to answer begin when it is its turn. */
async function inLane(
  { lanes }: Dispatch,
  endpoint: string,
  work: () => Promise<void>,
): Promise<void> {
  const lane = lanes.get(endpoint) ?? { underWay: 0, waiting: [] };
  lanes.set(endpoint, lane);
  if (lane.underWay < AT_ONCE) lane.underWay += 1;
  else await new Promise<void>((resolve) => lane.waiting.push(resolve));
  try {
    await work();
  } finally {
    const next = lane.waiting.shift();
    if (next) next();
    else lane.underWay -= 1;
  }
}

async function attemptNow(dispatch: Dispatch, delivery: Delivery): Promise<void> {
  const { world } = dispatch;
  const deliveryId = delivery.id;
  const isCurrent = world.store.get('delivery', deliveryId) === delivery;
  if (world.isClosed || !isCurrent || delivery.status !== 'pending') return;
  const { outcome, isLast } = await send(world, delivery);
  // A reset in the meantime made this delivery a thing of the past.
  if (world.isClosed || world.store.get('delivery', deliveryId) !== delivery) return;
  delivery.attempts.push({ at: world.settings.realNowMs(), ...outcome });
  const isDelivered = outcome.status !== null && outcome.status >= 200 && outcome.status < 300;
  const retryDelay = world.settings.webhookRetryDelaysMs[delivery.attempts.length - 1];
  if (isDelivered) settle(world, delivery, 'succeeded');
  else if (retryDelay === undefined || isLast) settle(world, delivery, 'failed');
  else schedule(dispatch, deliveryId, retryDelay);
  world.store.put('delivery', delivery);
  dispatch.afterChange();
}

function drop({ world, afterChange }: Dispatch, deliveryId: string): void {
  const delivery = world.store.get('delivery', deliveryId);
  if (delivery?.status !== 'pending') return;
  settle(world, delivery, 'succeeded');
  afterChange();
}

/** Whether `invoice.created` of this invoice still waits for an endpoint's 2xx. */
export function isAnnouncing(world: World, invoiceId: string): boolean {
  return world.store.where('delivery', 'announcing', invoiceId).length > 0;
}

function settle(world: World, delivery: Delivery, status: 'succeeded' | 'failed'): void {
  delivery.status = status;
  world.store.put('delivery', delivery);
  const event = world.store.get('event', delivery.event);
  if (event && status === 'succeeded' && !delivery.isExtra) {
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
  return world.store.get('invoice', delivery.subject ?? '');
}

interface Outcome {
  status: number | null;
  error: string | null;
}

interface Sent {
  outcome: Outcome;
  /** An endpoint that is deleted or disabled when it is tried again is not tried any more. */
  isLast: boolean;
}

async function send(world: World, delivery: Delivery): Promise<Sent> {
  const letter = letterOf(world, delivery);
  if (letter === null) {
    return { outcome: { status: null, error: 'endpoint or event deleted' }, isLast: true };
  }
  if (receiverOf(world, delivery)?.status === 'disabled')
    return { outcome: { status: null, error: 'endpoint disabled' }, isLast: true };
  return { outcome: await post(letter), isLast: false };
}

function post({ url, body, signature }: Letter): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const webhookRequest = request(
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
    webhookRequest.on('timeout', () => webhookRequest.destroy(new Error('no answer in 10 s')));
    webhookRequest.on('error', (error) => resolve({ status: null, error: error.message }));
    // An endpoint that hangs must not keep a closed sandbox's process alive.
    webhookRequest.on('socket', (socket) => socket.unref());
    webhookRequest.end(body);
  });
}
