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
  const ended = currentPeriod(items);
  const cancelAt = subscription.cancel_at;
  if (cancelAt !== null && cancelAt <= ended.end) {
    const isEarly = cancelAt < ended.end;
    if (isEarly && subscription.cancel_prorates !== false)
      creditUnused(world, subscription, customer);
    endSubscription(world, subscription, customer, { start: ended.start, end: cancelAt });
    return;
  }
  const ending = endWithoutPayment(subscription, customer);
  if (ending === 'pause') {
    pauseAfterTrial(world, subscription);
    return;
  }
  if (ending === 'cancel') {
    endSubscription(world, subscription, customer, ended);
    return;
  }
  const shownBefore = items.map((item) => presentItem(world, item));
  const next = { start: ended.end, end: nextPeriodEnd(world, subscription, items, ended.end) };
  for (const item of items) {
    item.current_period_start = next.start;
    item.current_period_end = next.end;
    world.store.put('subscription_item', item);
  }
  const wasTrial = subscription.status === 'trialing';
  const isCollected =
    subscription.status !== 'unpaid' && subscription.pause_collection?.behavior !== 'keep_as_draft';
  const invoice = buildInvoice(world, customer, subscription, 'subscription_cycle', ended, {
    base: next,
    usage: ended,
  });
  invoice.auto_advance = isCollected;
  takePendingItems(world, invoice, subscription.id);
  const update: Partial<Subscription> = {
    latest_invoice: invoice.id,
    ...(wasTrial && { status: 'active' }),
  };
  const previous = { items: { data: shownBefore } };
  change(world, 'subscription', subscription, update, 'customer.subscription.updated', previous);
  announce(world, invoice, isCollected);
}

export function nextPeriodEnd(
  world: World,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  after: number,
): number {
  const price = world.store.get('price', items[0]?.price ?? '');
  if (!price?.recurring) throw new Error(`Subscription ${subscription.id} has no recurring price.`);
  return nextBoundary(subscription.billing_cycle_anchor, price.recurring, after);
}

/** The last period's usage is still billed; there is no next period to bill a base for. */
function endSubscription(
  world: World,
  subscription: Subscription,
  customer: Customer,
  ended: Span,
): void {
  const lines = { base: null, usage: ended };
  const invoice = buildInvoice(world, customer, subscription, 'subscription_cycle', ended, lines);
  takePendingItems(world, invoice, subscription.id);
  const hasLines = invoice.lines.data.length > 0;
  if (hasLines) subscription.latest_invoice = invoice.id;
  subscription.status = 'canceled';
  subscription.canceled_at ??= ended.end;
  subscription.ended_at = ended.end;
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
