/**
 * Changes of a subscription that wait for a payment: a pending update, and a resumption that asks
 * for it. Sources: docs.stripe.com/billing/subscriptions/pending-updates, and the changelog of
 * 2026-05-27 for the metadata.
 */
import { change, emit } from '../events';
import type { Invoice, Subscription, WaitingUpdate } from '../objects';
import { presentItem } from '../presentation';
import { mergeMetadata } from '../protocol/params';
import type { World } from '../world';

const PENDING_FOR_S = 23 * 3600;

/** It expires 23 hours on, or at the end of the trial or of the period, if that is sooner. */
export function expiryFrom(subscription: Subscription, end: number, now: number): number {
  const trialEnd = subscription.status === 'trialing' ? subscription.trial_end : null;
  return Math.min(now + PENDING_FOR_S, end > now ? end : Infinity, trialEnd ?? Infinity);
}

export function isWaitingFor(subscription: Subscription | undefined, invoice: Invoice): boolean {
  return subscription?.waiting_update?.invoice === invoice.id;
}

/** Items as they will be, and the new period if one begins. */
export function makeUpdate(
  world: World,
  subscription: Subscription,
  { changes, next }: Pick<WaitingUpdate, 'changes' | 'next'>,
): void {
  for (const { before, after } of changes) {
    if (after) world.store.put('subscription_item', after);
    else if (before) world.store.remove('subscription_item', before.id);
  }
  if (!next) return;
  if (subscription.status === 'trialing')
    Object.assign(subscription, { status: 'active', trial_end: next.start });
  if (subscription.status === 'paused') subscription.status = 'active';
  subscription.billing_cycle_anchor = next.start;
  for (const item of world.store.subscriptionItems(subscription.id)) {
    Object.assign(item, { current_period_start: next.start, current_period_end: next.end });
    world.store.put('subscription_item', item);
  }
}

/** The subscription shows what waits for its payment, and goes on as if nobody had asked. */
export function showWaiting(world: World, subscription: Subscription): void {
  const waitingUpdate = subscription.waiting_update;
  if (!waitingUpdate) return;
  waitingUpdate.isNew = false;
  if (subscription.status === 'paused') return;
  const { changes, next, metadata, expiresAt } = waitingUpdate;
  const items = changes.flatMap(({ after }) => (after ? [presentItem(world, after)] : []));
  subscription.pending_update = {
    billing_cycle_anchor: next?.start ?? null,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at: expiresAt,
    metadata: metadata && Object.keys(metadata).length > 0 ? metadata : null,
    subscription_items: items.length > 0 ? items : null,
    trial_end: next && subscription.status === 'trialing' ? next.start : null,
    trial_from_plan: null,
  };
}

/** Its invoice was paid, or, for a resumption, given up. */
export function applyWaiting(world: World, subscription: Subscription): void {
  const waitingUpdate = subscription.waiting_update;
  if (!waitingUpdate) return;
  const earlierState = structuredClone(subscription);
  const items = world.store.subscriptionItems(subscription.id);
  const previousValues: Record<string, unknown> = {
    items: { data: items.map((item) => presentItem(world, item)) },
  };
  makeUpdate(world, subscription, waitingUpdate);
  subscription.metadata = mergeMetadata(subscription.metadata, waitingUpdate.metadata);
  const isPending = subscription.pending_update !== null;
  Object.assign(subscription, { waiting_update: null, pending_update: null });
  world.store.put('subscription', subscription);
  // Who asked is answered, and tells of it.
  if (waitingUpdate.isNew) return;
  for (const field of ['status', 'trial_end', 'billing_cycle_anchor', 'metadata', 'pending_update'])
    if (JSON.stringify(earlierState[field]) !== JSON.stringify(subscription[field]))
      previousValues[field] = earlierState[field];
  emit(world, 'customer.subscription.updated', subscription, previousValues);
  if (isPending) emit(world, 'customer.subscription.pending_update_applied', subscription);
  else if (earlierState.status === 'paused')
    emit(world, 'customer.subscription.resumed', subscription);
}

/** Its invoice was voided: by its time, or by somebody who took the update back. */
export function dropWaiting(
  world: World,
  subscription: Subscription,
  cause: 'expiry' | 'replacement' | 'request',
): void {
  if (!subscription.waiting_update) return;
  subscription.waiting_update = null;
  const isShown = subscription.pending_update !== null;
  if (cause === 'replacement') {
    subscription.pending_update = null;
    world.store.put('subscription', subscription);
    return;
  }
  const type = 'customer.subscription.updated';
  change(world, 'subscription', subscription, { pending_update: null }, type);
  if (isShown && cause === 'expiry')
    emit(world, 'customer.subscription.pending_update_expired', subscription);
}
