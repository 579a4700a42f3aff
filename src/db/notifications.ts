/** The outbox of notifications: what is to be told, to whom, and how far each channel is. */
import type { Pool, PoolClient } from 'pg';
import type { Notification } from '../core/dunning/notification';
import { storable } from '../core/text';

export type Channel = 'email' | 'webhook';

export interface NewNotification {
  /** Deterministic: the same fact told twice is one notification. */
  readonly key: string;
  readonly customer: string;
  readonly notification: Notification;
  readonly channels: readonly Channel[];
  readonly decidedAt: Date;
}

/** False when it is in the outbox already, and then nothing is changed. */
export async function insertNotification(
  client: PoolClient,
  { key, customer, notification, channels, decidedAt }: NewNotification,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `with told as (
       insert into notifications (key, type, customer, data, decided_at)
       values ($1, $2, $3, $4::jsonb, $5) on conflict (key) do nothing returning key
     )
     insert into notification_deliveries (key, channel)
     select key, channel from told, unnest($6::text[]) as channel`,
    [
      key,
      notification.type,
      customer,
      JSON.stringify(notification.data),
      decidedAt,
      channels as string[],
    ],
  );
  return (rowCount ?? 0) > 0;
}

export interface ClaimedDelivery {
  readonly key: string;
  readonly channel: Channel;
  readonly customer: string;
  readonly notification: Notification;
  readonly decidedAt: Date;
  /** This one counted. A delivery that was claimed again has more: see `finishDelivery`. */
  readonly attempts: number;
  readonly waitedMs: number;
  /** The customer's, as of now; null: none is known. */
  readonly email: string | null;
  readonly name: string | null;
}

/**
 * Leases due deliveries by moving their next attempt on: a process that dies gives them back by
 * that. What is for an endpoint that is gone waits.
 */
export async function claimDeliveries(
  pool: Pool,
  claim: { readonly limit: number; readonly leaseSeconds: number; readonly webhookUrl?: string },
): Promise<ClaimedDelivery[]> {
  const { rows } = await pool.query<
    Omit<ClaimedDelivery, 'notification'> & { type: Notification['type']; data: unknown }
  >({
    name: 'claim_deliveries',
    text: `
      with due as (
        select key, channel from notification_deliveries as delivery
         where state = 'pending' and next_attempt_at <= clock_timestamp()
           and not (channel = 'webhook' and exists (
             select from notification_endpoints_gone where url = $3))
         order by next_attempt_at
         limit $1
           for update skip locked
      ), claimed as (
        update notification_deliveries as delivery
           set attempts = attempts + 1,
               next_attempt_at = clock_timestamp() + make_interval(secs => $2)
          from due where delivery.key = due.key and delivery.channel = due.channel
        returning delivery.*
      )
      select key, channel, attempts, notifications.customer, type, data,
             decided_at as "decidedAt", nullif(customers.email, '') as email, customers.name,
             extract(epoch from clock_timestamp() - notifications.created_at)::float8 * 1000
               as "waitedMs"
        from claimed
        join notifications using (key)
        left join customers on customers.customer = notifications.customer
       order by decided_at, key, channel`,
    values: [claim.limit, claim.leaseSeconds, claim.webhookUrl ?? null],
  });
  return rows.map(({ type, data, ...delivery }) => ({
    ...delivery,
    notification: { type, data } as Notification,
  }));
}

type Attempt = Pick<ClaimedDelivery, 'key' | 'channel' | 'attempts'>;

/** Whoever has claimed it later decides: a slow attempt of before changes nothing any more. */
const OF_THIS_ATTEMPT = `key = $1 and channel = $2 and attempts = $3 and state = 'pending'`;

export async function finishDelivery(
  pool: Pool,
  { key, channel, attempts }: Attempt,
  outcome: { readonly state: 'sent' | 'failed' | 'skipped'; readonly reason?: string },
): Promise<void> {
  await pool.query(
    `update notification_deliveries set state = $4, last_error = $5, settled_at = now()
      where ${OF_THIS_ATTEMPT}`,
    [key, channel, attempts, outcome.state, storable(outcome.reason ?? '') || null],
  );
}

export async function postponeDelivery(
  pool: Pool,
  { key, channel, attempts }: Attempt,
  pause: { readonly pauseMs: number; readonly reason: string },
): Promise<void> {
  await pool.query(
    `update notification_deliveries
        set next_attempt_at = clock_timestamp() + make_interval(secs => $4::float8 / 1000),
            last_error = $5
      where ${OF_THIS_ATTEMPT}`,
    [key, channel, attempts, pause.pauseMs, storable(pause.reason)],
  );
}

/** Nothing more is sent to this address until the row is deleted. */
export async function noteEndpointGone(pool: Pool, url: string): Promise<void> {
  await pool.query(
    'insert into notification_endpoints_gone (url) values ($1) on conflict (url) do nothing',
    [url],
  );
}

export interface DeliveryCount {
  readonly channel: Channel;
  readonly state: 'pending' | 'sent' | 'failed' | 'skipped';
  readonly deliveries: number;
}

/** Metrics show these. */
export async function countDeliveries(pool: Pool): Promise<DeliveryCount[]> {
  const { rows } = await pool.query<DeliveryCount>(
    `select channel, state, count(*)::float8 as deliveries
       from notification_deliveries group by channel, state`,
  );
  return rows;
}
