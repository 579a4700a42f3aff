/**
 * What follows a failed payment of a subscription's invoice: Stripe's retries, and what becomes of
 * both when they are used up. Stripe times retries by machine learning and takes the rest from the
 * account's settings; here all of it is a setting.
 */
import { change, emit } from '../events';
import type { Invoice, StripeObject, Subscription } from '../objects';
import { clockNow } from '../world';
import type { World } from '../world';
import type { Decline } from './cards';
import { writeOff } from './closing';
import { applyWaiting, isWaitingFor } from './pending-updates';
import { followInvoices, setStatus } from './standing';

const DAY_S = 86_400;
const SETTINGS_ID = 'collection';

export interface CollectionSettings extends StripeObject {
  object: 'sandbox_settings';
  /** Days from one attempt to the next; an empty list retries nothing. */
  retryAfterDays: number[];
  /** What becomes of the subscription after the last one. */
  subscription: 'cancel' | 'unpaid' | 'past_due';
  /** What becomes of the invoice. */
  invoice: 'open' | 'uncollectible';
}

/** Stripe's recommendation: eight attempts within two weeks, then the subscription ends. */
const DEFAULTS: CollectionSettings = {
  id: SETTINGS_ID,
  object: 'sandbox_settings',
  created: 0,
  retryAfterDays: [1, 1, 2, 2, 2, 3, 3],
  subscription: 'cancel',
  invoice: 'open',
};

/** Trying the same card again would only annoy its bank. */
const HARD_DECLINES: ReadonlySet<string> = new Set([
  'authentication_required',
  'highest_risk_level',
  'incorrect_number',
  'lost_card',
  'pickup_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'stolen_card',
  'transaction_not_allowed',
]);

export function collectionSettings(world: World): CollectionSettings {
  const settings = world.store.get('sandbox_settings', SETTINGS_ID);
  return (settings as CollectionSettings | undefined) ?? DEFAULTS;
}

export function setCollection(
  world: World,
  change: Partial<Omit<CollectionSettings, 'id' | 'object' | 'created'>>,
): CollectionSettings {
  const settings = { ...collectionSettings(world), ...change };
  world.store.put('sandbox_settings', settings);
  return settings;
}

/** The last try of this very card was refused for good: a retry is counted, and charges nothing. */
export function isHopeless(intent: StripeObject, method: StripeObject | undefined): boolean {
  const error = intent.last_payment_error as {
    code: string;
    decline_code?: string;
    payment_method?: { id: string };
  } | null;
  if (!error || error.payment_method?.id !== method?.id) return false;
  return HARD_DECLINES.has(error.decline_code ?? error.code);
}

/** Schedules the next attempt, or ends it; `refusal` is null when nothing was charged. */
export function afterFailedAttempt(
  world: World,
  invoice: Invoice,
  subscription: Subscription | undefined,
  refusal: Decline | null,
): void {
  const now = clockNow(world, invoice.test_clock);
  const { retryAfterDays } = collectionSettings(world);
  const isFirst = invoice.billing_reason === 'subscription_create';
  const days = retryAfterDays[invoice.attempt_count - 1];
  // A pending update is voided before its first retry would be due.
  const isPending = isWaitingFor(subscription, invoice);
  const isRetried = invoice.auto_advance && !isFirst && !isPending && days !== undefined;
  const nextAttempt = isRetried ? now + days * DAY_S : null;
  const update = { next_payment_attempt: nextAttempt };
  const previousValues = { attempt_count: invoice.attempt_count - 1 };
  change(world, 'invoice', invoice, update, 'invoice.updated', previousValues);
  if (refusal) emit(world, 'invoice.payment_failed', invoice);
  if (refusal?.code === 'authentication_required')
    emit(world, 'invoice.payment_action_required', invoice);
  setDelinquent(world, invoice, true);
  if (!subscription || isFirst || isPending || subscription.ended_at !== null) return;
  if (invoice.auto_advance && !isRetried) giveUp(world, invoice, subscription, now);
  else if (subscription.status === 'active' || subscription.status === 'trialing')
    setStatus(world, subscription, 'past_due');
}

function giveUp(world: World, invoice: Invoice, subscription: Subscription, now: number): void {
  const settings = collectionSettings(world);
  if (settings.invoice === 'uncollectible') writeOff(world, invoice, { isLastRetry: true });
  if (settings.subscription !== 'cancel') {
    setStatus(world, subscription, settings.subscription);
    return;
  }
  Object.assign(subscription, {
    status: 'canceled',
    canceled_at: now,
    ended_at: now,
    cancellation_details: { comment: null, feedback: null, reason: 'payment_failed' },
  });
  world.store.put('subscription', subscription);
  emit(world, 'customer.subscription.deleted', subscription);
}

export function afterPayment(
  world: World,
  invoice: Invoice,
  subscription: Subscription | undefined,
): void {
  setDelinquent(world, invoice, false);
  if (!subscription) return;
  if (isWaitingFor(subscription, invoice)) applyWaiting(world, subscription);
  followInvoices(world, subscription);
}

function setDelinquent(world: World, invoice: Invoice, delinquent: boolean): void {
  const customer = world.store.get('customer', invoice.customer);
  if (customer && !customer.deleted)
    change(world, 'customer', customer, { delinquent }, 'customer.updated');
}
