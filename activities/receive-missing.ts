/** Events of Stripe's list that are not in the inbox yet are put there, each by itself. */
import type Stripe from 'stripe';
import { DomainError } from '../src/core/errors';
import type { ReceivedStripeEvent } from '../src/core/state/stripe-event';
import { missingStripeEvents, receiveStripeEvent, strangersEvents } from '../src/db/stripe-events';
import { readListedEvent } from '../src/stripe/received-event';
import type { ActivityDeps } from './deps';
import { recordFailure } from './record-failure';

export interface UnreadEvent {
  readonly event: string;
  readonly reason: string;
}

interface Received {
  /** The type of each event that was new to the inbox. */
  readonly types: readonly string[];
  /** Events that can't be read or kept. */
  readonly unread: readonly UnreadEvent[];
}

/** What billing has no use for, and what is a stranger's, stays outside. None stops another. */
export async function receiveMissing(
  pool: ActivityDeps['pool'],
  events: readonly Stripe.Event[],
): Promise<Received> {
  const types: string[] = [];
  const unread: UnreadEvent[] = [];
  const ofUse: ReceivedStripeEvent[] = [];
  for (const one of events)
    try {
      const event = readListedEvent(one);
      if (event.ignoredBecause === undefined) ofUse.push(event);
    } catch (error) {
      unread.push({ event: one.id, reason: reasonOf(error) });
    }
  const strangers = await strangersEvents(pool, ofUse);
  const missing = await missingStripeEvents(
    pool,
    ofUse.map(({ id }) => id),
  );
  for (const event of ofUse.filter(({ id }) => missing.has(id) && !strangers.has(id)))
    try {
      if (await receiveStripeEvent(pool, event)) types.push(event.type);
    } catch (error) {
      unread.push({ event: event.id, reason: reasonOf(error) });
    }
  return { types, unread };
}

/** Throws what is no fault of the event: an outage is tried again. */
function reasonOf(error: unknown): string {
  if (error instanceof DomainError) return error.message;
  const failure = recordFailure(error);
  if (failure === error) throw error;
  return (failure as Error).message;
}
