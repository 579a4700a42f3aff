/** The queue of Stripe's hints: one entry per object, however many events tell of it. */
import type { BillingState } from './billing-state';
import type { StripeEventHint } from './stripe-event';
import { hintSubject } from './stripe-event';

/** Since the object is read again, several hints of one object are worth one. */
export function queueHint(state: BillingState, hint: StripeEventHint): BillingState {
  if (hintSubject(hint.type) === undefined) return state;
  if (state.stripeEvents.some((queued) => queued.objectId === hint.objectId)) return state;
  return { ...state, stripeEvents: [...state.stripeEvents, hint] };
}

/** A hint of our own: what we changed, or leave to be tidied, is read like any change there. */
export function hintSubscription(state: BillingState): BillingState {
  const objectId = state.subscriptionId;
  if (objectId === null) return state;
  const type = 'customer.subscription.updated';
  return queueHint(state, { id: 'our own', type, objectId, created: 0 });
}

/** What could not be followed is followed again, after all others. */
export function putBackHint(state: BillingState, hint: StripeEventHint): BillingState {
  const others = state.stripeEvents.filter(({ objectId }) => objectId !== hint.objectId);
  return { ...state, stripeEvents: [...others, hint] };
}

/**
 * A hint leaves the queue before its object is read: what arrives during the reading is read again.
 */
export function takeHint(state: BillingState): [StripeEventHint | undefined, BillingState] {
  const [hint, ...rest] = state.stripeEvents;
  return [hint, { ...state, stripeEvents: rest }];
}
