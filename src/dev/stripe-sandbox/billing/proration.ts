/**
 * What a change within a period costs: licensed items are credited for their unused time and
 * charged for what remains, to the second, each rounded once. Metered items are never prorated: a
 * price that goes is billed for its usage so far (flexible billing), or loses it (classic).
 */
import { lessAsCharged, lessInForce } from '../discounts/prorations';
import { emit } from '../events';
import type { Customer, Price, Subscription, SubscriptionItem } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import { newInvoiceItem } from '../shapes/invoice-item';
import { customerNow } from '../world';
import type { World } from '../world';
import { isOfTrial } from './draft';
import { usedIn } from './invoicing';
import { usedBetween } from './metering';
import { lineAmount } from './line-parts';
import { prorated } from './rating';

/** An item before and after; null where it was not there. */
export interface ItemChange {
  before: SubscriptionItem | null;
  after: SubscriptionItem | null;
}

/** The invoice items that changes at `time` make, not stored yet. */
export function prorations(
  world: World,
  subscription: Subscription,
  customer: Customer,
  changes: readonly ItemChange[],
  time: number,
): InvoiceItem[] {
  const items: InvoiceItem[] = [];
  const terms = { world, subscription, customer, at: time };
  for (const { before, after } of changes) {
    if (isSame(before, after)) continue;
    for (const one of [before && ended(terms, before, after), after && begun(terms, after)])
      if (one) items.push(one);
  }
  return items;
}

/** Stores them, pending until the next invoice takes them. */
export function storePending(world: World, items: readonly InvoiceItem[]): void {
  for (const item of items) {
    world.store.put('invoiceitem', item);
    emit(world, 'invoiceitem.created', item);
  }
}

/** A subscription that ends now gives back the licensed time it did not have. */
export function creditUnused(world: World, subscription: Subscription, customer: Customer): void {
  const now = customerNow(world, customer);
  const licensedItems = world.store
    .subscriptionItems(subscription.id)
    .filter((item) => !isMetered(world, item));
  const changes = licensedItems.map((item) => ({ before: item, after: null }));
  storePending(world, prorations(world, subscription, customer, changes, now));
}

export function isMetered(world: World, item: SubscriptionItem): boolean {
  return priceOf(world, item).recurring?.usage_type === 'metered';
}

interface Terms {
  world: World;
  subscription: Subscription;
  customer: Customer;
  at: number;
}

function isSame(earlierItem: SubscriptionItem | null, laterItem: SubscriptionItem | null): boolean {
  return earlierItem?.price === laterItem?.price && earlierItem?.quantity === laterItem?.quantity;
}

function ended(
  terms: Terms,
  item: SubscriptionItem,
  newItem: SubscriptionItem | null,
): InvoiceItem | null {
  const { world, subscription } = terms;
  if (!isMetered(world, item)) return share(terms, item, -1);
  const isSwapped = newItem?.price !== item.price;
  return isSwapped && subscription.billing_mode.type === 'flexible'
    ? usageSoFar(terms, item)
    : null;
}

function begun(terms: Terms, item: SubscriptionItem): InvoiceItem | null {
  return isMetered(terms.world, item) ? null : share(terms, item, 1);
}

/** The part of its price that belongs to the rest of the period. */
function share(terms: Terms, item: SubscriptionItem, sign: 1 | -1): InvoiceItem | null {
  const { world, subscription, customer, at } = terms;
  const { current_period_start: start, current_period_end: end } = item;
  if (subscription.status === 'trialing' || at >= end) return null;
  const price = priceOf(world, item);
  const quantity = item.quantity ?? 1;
  const fullAmount = lineAmount(price, quantity) * sign;
  const fullShare = prorated(fullAmount, end - Math.max(at, start), end - start);
  const isCredit = sign < 0 && subscription.billing_mode.type === 'flexible';
  const discounts = isCredit
    ? lessAsCharged(world, item, at, fullShare)
    : lessInForce(world, subscription, customer, at, fullShare);
  const prefix = sign < 0 ? 'Unused time on' : 'Remaining time on';
  const name = `${quantity > 1 ? `${quantity} × ` : ''}${productName(world, price)}`;
  return pending(terms, item, {
    ...{ amount: fullShare, taken: discounts },
    quantity,
    period: { start: at, end },
    description: `${prefix} ${name} after ${dayOf(at)}`,
  });
}

function usageSoFar(terms: Terms, item: SubscriptionItem): InvoiceItem | null {
  const { world, subscription, customer, at } = terms;
  const price = priceOf(world, item);
  const period = usedIn(item, { start: item.current_period_start, end: at });
  if (isOfTrial(world, { subscription: subscription.id, period })) return null;
  const quantity = Math.max(
    0,
    usedBetween(world, price.recurring?.meter ?? '', customer.id, period),
  );
  if (quantity === 0) return null;
  const amount = lineAmount(price, quantity);
  return pending(terms, item, {
    ...{ amount, quantity },
    taken: lessInForce(world, subscription, customer, at, amount),
    period,
    description: `${quantity} × ${productName(world, price)}`,
  });
}

function pending(
  { world, subscription, customer }: Terms,
  item: SubscriptionItem,
  source: Pick<InvoiceItem, 'amount' | 'quantity' | 'period' | 'taken'> & {
    description: string;
  },
): InvoiceItem {
  return newInvoiceItem(customer, {
    ...source,
    isIncluded: !isItemized(subscription),
    currency: subscription.currency,
    now: customerNow(world, customer),
    price: priceOf(world, item),
    subscription: subscription.id,
    subscriptionItem: item.id,
    isProration: true,
  });
}

function priceOf(world: World, item: SubscriptionItem): Price {
  const price = world.store.get('price', item.price);
  if (!price) throw new Error(`The item ${item.id} has the price ${item.price}, which is gone.`);
  return price;
}

function productName(world: World, price: Price): string {
  return String(world.store.get('product', price.product)?.name ?? price.product);
}

/** Its prorations show amounts before discounts, and the discounts beside them. */
function isItemized({ billing_mode: mode }: Subscription): boolean {
  const { proration_discounts: shown } = (mode.flexible ?? {}) as { proration_discounts?: string };
  return shown === 'itemized';
}

/** Stripe writes it like 15 Jan 2026. */
function dayOf(time: number): string {
  const [, day, month, year] = new Date(time * 1000).toUTCString().split(' ');
  return `${day} ${month} ${year}`;
}
