/** Which of Stripe's events a life is told of. */
import type Stripe from 'stripe';
import { hintSubject } from '../../src/core/state/stripe-event';
import { readListedEvent } from '../../src/stripe/received-event';

/** The inbox lets the same through; nothing is sold once in these lives. */
export const isNews = (event: Stripe.Event): boolean =>
  event.type === 'customer.updated'
    ? readListedEvent(event).ignoredBecause === undefined
    : hintSubject(event.type) !== undefined && event.type !== 'charge.succeeded';
