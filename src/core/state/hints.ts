/** The queue of Stripe's hints: one entry per object, however many events tell of it. */
import type { BillingState } from './billing-state';
import { shortened } from '../text';
import { findException, withException } from './exceptions';
import { leastRecentlyRefused } from './refused';
import { hintSubject } from './stripe-event';
import type { QueuedHint, StripeEventHint } from './remembered';

/** So many objects wait to be read at most; our own hints are of few. */
export const HINTS_MAX = 200;
const HINT_CHARACTERS_MAX = 500;
export const LEFT_OUT = { kind: 'stripe_refused', subject: 'events' } as const;

/** It can't be queued: the inbox keeps it, and an operator is told. */
export const isLeftOut = (state: BillingState, hint: StripeEventHint): boolean =>
  hintSubject(hint.type) !== undefined &&
  !state.stripeEvents.some(({ objectId }) => objectId === hint.objectId) &&
  (state.stripeEvents.length >= HINTS_MAX || JSON.stringify(hint).length > HINT_CHARACTERS_MAX);

/** What was left out is told with its number; `now` is in milliseconds. */
export function leaveOut(state: BillingState, { id, type }: StripeEventHint, now: number) {
  const { rejected } = findException(state, LEFT_OUT) ?? {};
  const name = shortened(`${type} ${id}`, 200);
  const { count, first } = { count: (rejected?.count ?? 0) + 1, first: rejected?.first ?? name };
  const message =
    `${count} of Stripe's events wait in the inbox only, since ${state.stripeEvents.length} objects ` +
    `wait to be read: the first was ${first}, the latest ${name}. Once Stripe answers again, retry ` +
    'reads subscription and invoices anew; charges among them are to be looked at there.';
  return withException(state, { ...LEFT_OUT, rejected: { count, first }, message }, now);
}

/** Since the object is read again, several hints of one object are worth one. */
export function queueHint(state: BillingState, hint: StripeEventHint): BillingState {
  if (hintSubject(hint.type) === undefined) return state;
  if (state.stripeEvents.some((entry) => entry.objectId === hint.objectId)) return state;
  return { ...state, stripeEvents: [...state.stripeEvents, hint] };
}

/** It is no event of Stripe's: we want the object to be read. */
export const ourHint = (type: string, objectId: string): StripeEventHint => ({
  ...{ id: 'our own', type, objectId, created: 0 },
});

/** A hint of our own: what we changed, or leave to be tidied, is read like any change there. */
export function hintSubscription(state: BillingState): BillingState {
  const objectId = state.subscriptionId;
  if (objectId === null) return state;
  return queueHint(state, ourHint('customer.subscription.updated', objectId));
}

/** Somebody waits for this one: where it was refused lately it is read again at once. */
export function hintSubscriptionAfresh(state: BillingState): BillingState {
  const isSetAside = (hint: QueuedHint): boolean =>
    hint.objectId === state.subscriptionId && !isFresh(hint);
  const stripeEvents = state.stripeEvents.filter((hint) => !isSetAside(hint));
  return hintSubscription({ ...state, stripeEvents });
}

/** Asks for everything that the state knows of at Stripe. */
export function hintAll(state: BillingState): BillingState {
  const invoices = [...state.archived, ...state.periods].flatMap(
    ({ invoice }) => invoice?.id ?? [],
  );
  const unpaid = state.dunning.map(({ invoiceId }) => invoiceId);
  const charges = state.moneyBack.map(({ chargeId }) => ourHint('charge.refunded', chargeId));
  const hints = [...invoices, ...unpaid].map((id) => ourHint('invoice.updated', id));
  return [...hints, ...charges].reduce(queueHint, hintSubscription(state));
}

/**
 * Asks for drafts that the run before has looked at, and that somebody else may keep from leaving.
 */
export function hintDrafts(state: BillingState): BillingState {
  const ids = state.periods.flatMap(({ invoice }) =>
    invoice?.status === 'draft' ? [invoice.id] : [],
  );
  return ids.map((id) => ourHint('invoice.updated', id)).reduce(queueHint, state);
}

/**
 * What could not be followed is followed again, after all others. A refused hint says since when.
 */
export function putBackHint(state: BillingState, hint: QueuedHint): BillingState {
  const isSame = ({ objectId }: QueuedHint): boolean => objectId === hint.objectId;
  // News of it have come meanwhile.
  if (hint.refusedAt !== undefined && state.stripeEvents.some(isSame)) return state;
  const others = state.stripeEvents.filter((entry) => !isSame(entry));
  return { ...state, stripeEvents: [...others, hint] };
}

const isFresh = ({ refusedAt }: QueuedHint): boolean => refusedAt === undefined;

export const hasFreshHint = ({ stripeEvents }: BillingState): boolean => stripeEvents.some(isFresh);

/**
 * A hint leaves the queue before its object is read: what arrives during the reading is read again.
 * None waits for one that is refused.
 */
export function takeHint(state: BillingState): [StripeEventHint | undefined, BillingState] {
  const queue = state.stripeEvents;
  const next = queue.find(isFresh) ?? leastRecentlyRefused(queue, ({ refusedAt }) => refusedAt);
  if (!next) return [undefined, state];
  const remainder = queue.filter((entry) => entry !== next);
  return [asItCame(next), { ...state, stripeEvents: remainder }];
}

/**
 * A reading of the subscription sees all that had happened when it began. What had told of a
 * subscription by then asks for no more than that, so it is taken out with the reading, and put
 * back where that fails. All other hints have something done beside: they wait for their turn, as
 * refused ones do, each of which is told of until its own turn succeeds.
 */
export function takeCovered(state: BillingState): [readonly StripeEventHint[], BillingState] {
  const covered = state.stripeEvents.filter(isCovered);
  if (covered.length === 0) return [[], state];
  return [covered, { ...state, stripeEvents: state.stripeEvents.filter((one) => !isCovered(one)) }];
}

const isCovered = (hint: QueuedHint): boolean =>
  isFresh(hint) && hintSubject(hint.type) === 'subscription';

const asItCame = ({ refusedAt: _, ...hint }: QueuedHint): StripeEventHint => hint;
