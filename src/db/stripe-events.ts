/** The inbox of Stripe's webhooks: what arrived, and what has become of it. */
import type { Pool } from 'pg';
import type { ReceivedStripeEvent } from '../core/state/stripe-event';
import { allStorable, isNestedTooDeeply, keptLevels, storable } from '../core/text';

/** False when this event is in the inbox already. Committed when it resolves. */
export async function receiveStripeEvent(
  pool: Pool,
  event: ReceivedStripeEvent,
  traceparent?: string,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `insert into stripe_events
       (id, type, api_version, stripe_account, object_id, stripe_customer_id, created, payload,
        status, last_error, settled_at, traceparent, next_attempt_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8::jsonb, case when $9::text is null then 'waiting'
             else 'ignored' end, $9, case when $9::text is null then null else now() end, $10, now())
     on conflict (id) do nothing`,
    [
      ...[event.id, event.type, event.apiVersion, event.stripeAccount].map(kept),
      ...[event.objectId, event.stripeCustomerId].map(kept),
      event.created,
      storableJson(event.payload),
      kept(event.ignoredBecause ?? null),
      traceparent ?? null,
    ],
  );
  return rowCount === 1;
}

const kept = (text: string | null): string | null => text && storable(text);

/** A text that jsonb refuses would be refused each time: it is replaced, and the rest kept. */
function storableJson(json: string): string {
  // Escaped or not, there is one of them in the text where the value has one.
  const mayBeUnstorable = /\\u(0000|d[89a-f])|[\u0000\ud800-\udfff]/i.test(json);
  const value: unknown = JSON.parse(json);
  if (!mayBeUnstorable && !isNestedTooDeeply(value)) return json;
  return JSON.stringify(allStorable(keptLevels(value)));
}

/** Those of these ids that the inbox does not have. */
export async function missingStripeEvents(
  pool: Pool,
  ids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>(
    `select id from unnest($1::text[]) as listed (id)
      where not exists (select from stripe_events where stripe_events.id = listed.id)`,
    [ids.map(storable)],
  );
  const missing = new Set(rows.map(({ id }) => id));
  return new Set(ids.filter((id) => missing.has(storable(id))));
}

/**
 * Those that are about a customer of the account who is none of ours: an account may have any
 * number of other subscriptions. Our customers are stored before Stripe can have anything to tell
 * of them but that they were made; so nothing has to wait for a customer to become ours.
 */
export async function strangersEvents(
  pool: Pool,
  events: readonly ReceivedStripeEvent[],
): Promise<Set<string>> {
  // Customers of vendors' own accounts are another matter, which the account decides.
  const nameless = events.filter(
    (event) => event.namedCustomer === undefined && event.stripeAccount === null,
  );
  const ids = nameless.flatMap(({ stripeCustomerId: id }) => (id === null ? [] : [storable(id)]));
  if (ids.length === 0) return new Set();
  const { rows } = await pool.query<{ id: string }>(
    `select stripe_customer_id as id from customers where stripe_customer_id = any($1::text[])`,
    [[...new Set(ids)]],
  );
  const ours = new Set(rows.map(({ id }) => id));
  return new Set(
    nameless.flatMap(({ id, stripeCustomerId }) =>
      stripeCustomerId === null || ours.has(storable(stripeCustomerId)) ? [] : [id],
    ),
  );
}

export interface ClaimedStripeEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: string | null;
  readonly stripeCustomerId: string | null;
  /** The connected account it is about, if it is. */
  readonly stripeAccount: string | null;
  /** The charge that the event's object is about: of a dispute. */
  readonly chargeId: string | null;
  /** It is our id, found by Stripe's customer id or else by the metadata of the event's object. */
  readonly customer: string | null;
  /** The customer's subscription is made by Checkout, and is not known yet. */
  readonly awaitsCheckout: boolean;
  /** Unix seconds. */
  readonly created: number;
  readonly attempts: number;
  readonly waitedMs: number;
  /** The trace of the webhook's request, if there is one. */
  readonly traceparent: string | null;
}

/**
 * Leases due events by moving their next attempt on: a process that dies gives them back by that.
 * Who has waited longest comes first. It looks at no other than it takes, however many wait; that
 * an event may overtake another does no harm, since a hint says no more than what to read.
 */
export async function claimStripeEvents(
  pool: Pool,
  limit: number,
  leaseSeconds: number,
): Promise<ClaimedStripeEvent[]> {
  const { rows } = await pool.query<ClaimedStripeEvent>({
    name: 'claim_stripe_events',
    text: `
     with due as (
       select id from stripe_events
        where status = 'waiting' and next_attempt_at <= now()
        order by next_attempt_at, id
        limit $1
          for update skip locked
     ), claimed as (
       update stripe_events as event
          set attempts = attempts + 1,
              next_attempt_at = clock_timestamp() + make_interval(secs => $2)
         from due where event.id = due.id
       returning event.*
     )
     select claimed.id, claimed.type, object_id as "objectId",
            claimed.stripe_customer_id as "stripeCustomerId",
            stripe_account as "stripeAccount",
            payload #>> '{data,object,charge}' as "chargeId",
            coalesce(by_id.customer, by_metadata.customer) as customer,
            coalesce(by_id.awaits_checkout, by_metadata.awaits_checkout, false)
              as "awaitsCheckout",
            extract(epoch from created)::float8 as created, attempts, traceparent,
            extract(epoch from clock_timestamp() - received_at)::float8 * 1000 as "waitedMs"
       from claimed
       left join customers as by_id on by_id.stripe_customer_id = claimed.stripe_customer_id
       left join customers as by_metadata
         on by_metadata.customer = payload #>> '{data,object,metadata,tollkeeper_customer}'
      order by claimed.created, claimed.received_at, claimed.id`,
    values: [limit, leaseSeconds],
  });
  return rows;
}

export async function finishStripeEvent(
  pool: Pool,
  id: string,
  outcome: { readonly status: 'forwarded' } | { readonly status: 'ignored'; reason: string },
): Promise<void> {
  await pool.query(
    `update stripe_events set status = $2, last_error = $3, settled_at = now()
      where id = $1 and status = 'waiting'`,
    [id, outcome.status, outcome.status === 'ignored' ? storable(outcome.reason) : null],
  );
}

export async function postponeStripeEvent(
  pool: Pool,
  id: string,
  pause: { readonly pauseMs: number; readonly reason: string },
): Promise<void> {
  await pool.query(
    `update stripe_events
        set next_attempt_at = clock_timestamp() + make_interval(secs => $2::float8 / 1000),
            last_error = $3
      where id = $1 and status = 'waiting'`,
    [id, pause.pauseMs, storable(pause.reason)],
  );
}
