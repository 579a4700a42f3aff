/** What a trial's end does to a subscription without a payment method, and the notice before. */
import { change, emit } from '../events';
import type { Customer, Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import type { World } from '../world';
import { hasPaymentMethod } from './collection';

const NOTICE_S = 3 * 86_400;

export type MissingPaymentMethod = 'cancel' | 'create_invoice' | 'pause';

/** Null: the trial ends in an invoice, as it does for those who can pay. */
export function endWithoutPayment(
  subscription: Subscription,
  customer: Customer,
): 'cancel' | 'pause' | null {
  if (subscription.status !== 'trialing') return null;
  if (hasPaymentMethod(customer, subscription.default_payment_method)) return null;
  const settings = subscription.trial_settings as {
    end_behavior: { missing_payment_method: MissingPaymentMethod };
  };
  const behavior = settings.end_behavior.missing_payment_method;
  return behavior === 'create_invoice' ? null : behavior;
}

export function pauseAfterTrial(world: World, subscription: Subscription): void {
  subscription.status = 'paused';
  world.store.put('subscription', subscription);
  emit(world, 'customer.subscription.updated', subscription, { status: 'trialing' });
  emit(world, 'customer.subscription.paused', subscription);
}

/** Tells when `customer.subscription.trial_will_end` is due: three days before, once. */
export function noticeOf(subscription: Subscription): number | null {
  const { status, trial_end: end } = subscription;
  if (status !== 'trialing' || end === null || subscription.trial_announced) return null;
  return Math.max(subscription.created, end - NOTICE_S);
}

export function giveNotice(world: World, subscription: Subscription): void {
  subscription.trial_announced = true;
  world.store.put('subscription', subscription);
  emit(world, 'customer.subscription.trial_will_end', subscription);
}

/**
 * Another end of a trial that runs, which is where its period ends: docs.stripe.com/billing/
 * subscriptions/trials ("setting the trial_end value to a new timestamp"). Nothing is invoiced.
 */
export function moveTrialEnd(world: World, subscription: Subscription, end: number, now: number) {
  if (subscription.status !== 'trialing')
    throw invalid('The sandbox moves the end of a trial that runs, and begins none.', {
      param: 'trial_end',
    });
  if (end <= now)
    throw invalid(`Invalid timestamp: trial_end (${end}) must be in the future.`, {
      param: 'trial_end',
    });
  subscription.trial_end = end;
  subscription.billing_cycle_anchor = end;
  subscription.trial_announced = false;
  for (const item of world.store.subscriptionItems(subscription.id))
    world.store.put('subscription_item', { ...item, current_period_end: end });
}

/** Tells when a paused collection goes on by itself, or null. */
export function resumptionOf(subscription: Subscription): number | null {
  return subscription.ended_at === null
    ? (subscription.pause_collection?.resumes_at ?? null)
    : null;
}

export function resumeCollection(world: World, subscription: Subscription): void {
  if (subscription.pause_collection === null) return;
  const type = 'customer.subscription.updated';
  change(world, 'subscription', subscription, { pause_collection: null }, type);
}
