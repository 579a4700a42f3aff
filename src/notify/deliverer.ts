/**
 * The deliverer: the outbox goes to mailboxes and to the app. Any number of processes may run it.
 * One that dies between sending and noting has its deliveries sent again, under the same id.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import {
  claimDeliveries,
  noteEndpointGone,
  postponeDelivery,
  finishDelivery,
} from '../db/notifications';
import type { ClaimedDelivery } from '../db/notifications';
import type { Notification } from '../core/dunning/notification';
import type { Attempt } from './attempt';
import { GIVE_UP_AFTER_MS, retryAfterMs } from './attempt';
import { dunningMail } from './dunning-mail';
import type { Mailer } from './mailer';
import type { Mail } from './mail-text';
import type { Reader } from './reader';
import { usageThresholdMail } from './usage-threshold-mail';
import type { WebhookSender } from './webhook';

const IN_FLIGHT_MAX = 10;
/** Longer than one attempt takes, all of its time limits together. */
export const LEASE_SECONDS = 120;

export interface DelivererDeps {
  readonly pool: Pool;
  readonly log: Pick<Logger, 'warn' | 'error' | 'info'>;
  /** Absent: no mail server, or no endpoint, is configured. */
  readonly mailer?: Mailer;
  readonly webhook?: WebhookSender;
  /** Links for a customer's mail, which expire; null: the public address is not known. */
  readonly links: (customer: string) => Omit<Reader, 'name'>;
}

export interface Deliverer {
  /** Claims what is due and begins to send; answers how many. */
  deliverDue(): Promise<number>;
  /** Resolves when nothing is in flight. */
  untilIdle(): Promise<void>;
}

export function createDeliverer(deps: DelivererDeps): Deliverer {
  const inFlight = new Set<Promise<void>>();
  return {
    deliverDue: async () => {
      const limit = IN_FLIGHT_MAX - inFlight.size;
      if (limit <= 0) return 0;
      const claim = { limit, leaseSeconds: LEASE_SECONDS, webhookUrl: deps.webhook?.url };
      const deliveries = await claimDeliveries(deps.pool, claim);
      for (const delivery of deliveries) {
        const sending = deliver(deps, delivery).finally(() => inFlight.delete(sending));
        inFlight.add(sending);
      }
      return deliveries.length;
    },
    untilIdle: async () => {
      await Promise.all(inFlight);
    },
  };
}

/** It never throws: what could not be noted is taken up again when its lease runs out. */
async function deliver(deps: DelivererDeps, delivery: ClaimedDelivery): Promise<void> {
  try {
    await note(deps, delivery, await attemptOrFault(deps, delivery));
  } catch (error) {
    const { key, channel } = delivery;
    deps.log.error({ err: error, notification: key, channel }, 'delivery not noted');
  }
}

/** A fault of ours is tried again as any other, and given up as loudly: it holds up nobody else. */
const attemptOrFault = (deps: DelivererDeps, delivery: ClaimedDelivery): Promise<Attempt> =>
  attempt(deps, delivery).catch((error: unknown) => ({
    outcome: 'retry',
    reason: error instanceof Error ? error.message : String(error),
  }));

async function attempt(deps: DelivererDeps, delivery: ClaimedDelivery): Promise<Attempt> {
  const { key, channel, customer, notification, name, email: address, decidedAt } = delivery;
  if (channel === 'webhook') {
    if (!deps.webhook) return { outcome: 'skipped', reason: 'NOTIFICATION_WEBHOOK_URL is not set' };
    return deps.webhook.send({ key, decidedAt, notification });
  }
  if (!deps.mailer) return { outcome: 'skipped', reason: 'SMTP_URL is not set' };
  if (address === null) return { outcome: 'skipped', reason: 'no e-mail address is known' };
  const mail = mailOf(notification, { name, ...deps.links(customer) });
  return deps.mailer.send({ key, to: { address, name: name ?? '' }, mail });
}

function mailOf(notification: Notification, reader: Reader): Mail {
  return notification.type === 'usage.threshold_reached'
    ? usageThresholdMail(notification.data, reader)
    : dunningMail(notification.type, notification.data, reader);
}

async function note(
  { pool, log, webhook }: DelivererDeps,
  delivery: ClaimedDelivery,
  result: Attempt,
): Promise<void> {
  const { key, channel, customer, attempts, waitedMs } = delivery;
  if (result.outcome === 'sent') return finishDelivery(pool, delivery, { state: 'sent' });
  const { outcome, reason } = result;
  const logFields = { notification: key, channel, customer, attempts, reason };
  if (outcome === 'skipped') {
    log.info(logFields, 'notification skipped');
    return finishDelivery(pool, delivery, { state: 'skipped', reason });
  }
  if (outcome === 'refused' || (outcome === 'retry' && waitedMs >= GIVE_UP_AFTER_MS)) {
    log.error(logFields, 'notification given up');
    return finishDelivery(pool, delivery, { state: 'failed', reason });
  }
  if (outcome === 'gone' && webhook) {
    log.error(
      { ...logFields, url: webhook.url },
      'the endpoint is gone: no more webhooks are sent',
    );
    await noteEndpointGone(pool, webhook.url);
  }
  const pauseMs = retryAfterMs(attempts, Math.random());
  log.warn({ ...logFields, pauseMs }, 'notification not delivered');
  return postponeDelivery(pool, delivery, { pauseMs, reason });
}
