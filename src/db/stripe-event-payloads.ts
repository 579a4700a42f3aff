/** How long the inbox keeps what Stripe said: names and addresses of people are in it. */
import type { Pool } from 'pg';

export const PAYLOAD_DAYS = 30;
/** Few at a time: nobody waits for them. */
export const CUT_EVENTS_MAX = 500;

/**
 * Leaves of payloads that were settled long ago what is read of them, should they be followed
 * again. Answers how many were cut; as many as the most: there are others.
 */
export async function cutStripeEventPayloads(pool: Pool, eventsMax = CUT_EVENTS_MAX) {
  const { rowCount } = await pool.query(
    `update stripe_events
        set payload = jsonb_strip_nulls(jsonb_build_object('data', jsonb_build_object('object',
              jsonb_build_object('charge', payload #> '{data,object,charge}', 'metadata',
                jsonb_build_object('tollkeeper_customer',
                  payload #> '{data,object,metadata,tollkeeper_customer}')))))
      where id in (select id from stripe_events
                    where payload ? 'id' and settled_at < now() - make_interval(days => $1)
                    order by settled_at limit $2 for update skip locked)`,
    [PAYLOAD_DAYS, eventsMax],
  );
  return rowCount ?? 0;
}
