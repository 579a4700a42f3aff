/** What a period's end does to a subscription: the next period, and the draft that bills both. */
import { change, emit } from '../events';
import type { Customer, Subscription, SubscriptionItem } from '../objects';
import { presentItem } from '../presentation';
import type { World } from '../world';
import { nextBoundary } from './calendar';
import { creditUnused } from './proration';
import { endWithoutPayment, pauseAfterTrial } from './trials';
import { stopCollection, voidInvoice } from './closing';
import { announce, buildInvoice, takePendingItems } from './invoicing';
import type { Span } from './invoicing';

export const INCOMPLETE_FOR_S = 23 * 3600;

export function currentPeriod(items: readonly SubscriptionItem[]): Span {
  const start = Math.max(...items.map((item) => item.current_period_start));
  const end = Math.min(...items.map((item) => item.current_period_end));
  return { start, end };
}

export function renew(world: World, subscription: Subscription, customer: Customer): void {
  const items = world.store.subscriptionItems(subscription.id);
  const endedPeriod = currentPeriod(items);
  const cancelAt = subscription.cancel_at;
  if (cancelAt !== null && cancelAt <= endedPeriod.end) {
    const isEarly = cancelAt < endedPeriod.end;
    if (isEarly && subscription.cancel_prorates !== false)
      creditUnused(world, subscription, customer);
    endSubscription(world, subscription, customer, { start: endedPeriod.start, end: cancelAt });
    return;
  }
  const endingMode = endWithoutPayment(subscription, customer);
  if (endingMode === 'pause') {
    pauseAfterTrial(world, subscription);
    return;
  }
  if (endingMode === 'cancel') {
    endSubscription(world, subscription, customer, endedPeriod);
    return;
  }
  const shownBefore = items.map((item) => presentItem(world, item));
  const nextPeriod = {
    start: endedPeriod.end,
    end: nextPeriodEnd(world, subscription, items, endedPeriod.end),
  };
  for (const item of items) {
    item.current_period_start = nextPeriod.start;
    item.current_period_end = nextPeriod.end;
    world.store.put('subscription_item', item);
  }
  const wasTrial = subscription.status === 'trialing';
  const isCollected =
    subscription.status !== 'unpaid' && subscription.pause_collection?.behavior !== 'keep_as_draft';
  const invoice = buildInvoice(world, customer, subscription, 'subscription_cycle', endedPeriod, {
    base: nextPeriod,
    usage: endedPeriod,
  });
  invoice.auto_advance = isCollected;
  takePendingItems(world, invoice, subscription.id);
  const update: Partial<Subscription> = {
    latest_invoice: invoice.id,
    ...(wasTrial && { status: 'active' }),
  };
  const previousValues = { items: { data: shownBefore } };
  change(
    world,
    'subscription',
    subscription,
    update,
    'customer.subscription.updated',
    previousValues,
  );
  announce(world, invoice, isCollected);
}

export function nextPeriodEnd(
  world: World,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  time: number,
): number {
  const price = world.store.get('price', items[0]?.price ?? '');
  if (!price?.recurring) throw new Error(`Subscription ${subscription.id} has no recurring price.`);
  return nextBoundary(subscription.billing_cycle_anchor, price.recurring, time);
}

/** The last period's usage is still billed; there is no next period to bill a base for. */
function endSubscription(
  world: World,
  subscription: Subscription,
  customer: Customer,
  endedPeriod: Span,
): void {
  const lines = { base: null, usage: endedPeriod };
  const invoice = buildInvoice(
    world,
    customer,
    subscription,
    'subscription_cycle',
    endedPeriod,
    lines,
  );
  takePendingItems(world, invoice, subscription.id);
  const hasLines = invoice.lines.data.length > 0;
  if (hasLines) subscription.latest_invoice = invoice.id;
  subscription.status = 'canceled';
  subscription.canceled_at ??= endedPeriod.end;
  subscription.ended_at = endedPeriod.end;
  world.store.put('subscription', subscription);
  stopCollection(world, customer.id);
  emit(world, 'customer.subscription.deleted', subscription);
  if (hasLines) announce(world, invoice, true);
}

export function expireIncomplete(world: World, subscription: Subscription): void {
  const update = { status: 'incomplete_expired' as const, ended_at: subscription.created };
  change(world, 'subscription', subscription, update, 'customer.subscription.updated');
  const invoice = world.store.get('invoice', subscription.latest_invoice ?? '');
  if (invoice?.status === 'open') voidInvoice(world, invoice);
}
