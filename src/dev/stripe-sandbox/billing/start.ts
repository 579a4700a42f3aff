/** How a subscription begins: its items, its first period, its first invoice and payment. */
import { tellOfDiscounts, unredeem } from '../discounts/redeeming';
import { emit } from '../events';
import type { Customer, Price, Subscription } from '../objects';
import type { Discount } from '../objects-discount';
import { cardDeclined, invalid } from '../protocol/fault';
import { named } from '../protocol/lookup';
import { newItem } from '../shapes/subscription';
import type { World } from '../world';
import { beliefs } from './beliefs';
import { sumUp } from './draft';
import { nextBoundary, previousBoundary } from './calendar';
import { announce, buildInvoice, finalize, takePendingItems } from './invoicing';
import type { Lines, Span } from './invoicing';
import { collect, hasPaymentMethod, intentOf } from './collection';

export interface AskedItem {
  price?: string;
  quantity?: number;
  metadata?: Record<string, string> | null;
}

export type PaymentBehavior = 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete';

export function pricesOf(world: World, items: readonly AskedItem[]): Price[] {
  const prices = items.map(({ price, quantity }, index) => {
    const param = `items[${index}][price]`;
    const storedPrice = named(world, 'price', price, param);
    if (!storedPrice.active) {
      throw invalid(`The price specified is inactive: ${storedPrice.id}.`, { param });
    }
    if (!storedPrice.recurring) {
      throw invalid(
        `The price ${storedPrice.id} is one-time: a subscription needs recurring prices.`,
        {
          param,
        },
      );
    }
    if (storedPrice.recurring.usage_type === 'metered' && quantity !== undefined) {
      throw invalid('Metered prices take no quantity: usage comes from meter events.', {
        param: `items[${index}][quantity]`,
      });
    }
    return storedPrice;
  });
  assertNotTooMany(world, items.length);
  const intervals = new Set(
    prices.map(({ recurring }) => `${recurring?.interval_count} ${recurring?.interval}`),
  );
  if (intervals.size > 1)
    throw invalid('All prices of a subscription must have the same interval.', { param: 'items' });
  if (new Set(prices.map(({ currency }) => currency)).size > 1)
    throw invalid('All prices of a subscription must have the same currency.', { param: 'items' });
  if (new Set(prices.map(({ id }) => id)).size < prices.length)
    throw invalid('A subscription cannot have the same price twice.', { param: 'items' });
  return prices;
}

function assertNotTooMany(world: World, count: number): void {
  const { itemsPerSubscription: itemsMax } = beliefs(world);
  if (count <= itemsMax) return;
  throw invalid(`A subscription may have at most ${itemsMax} items: ${count} were asked for.`, {
    param: 'items',
  });
}

interface Start {
  subscription: Subscription;
  customer: Customer;
  prices: readonly Price[];
  items: readonly AskedItem[];
  now: number;
  isProrated: boolean;
  paymentBehavior: PaymentBehavior;
  /** The bank has been asked about the card already. */
  isAuthenticated?: boolean;
  /** They were redeemed for it, and nobody has been told yet. */
  discounts?: readonly Discount[];
}

export function startSubscription(world: World, start: Start): void {
  const { subscription, customer, prices, items, now } = start;
  const period = firstPeriod(start);
  for (const [index, price] of prices.entries()) {
    const item = newItem(subscription, price, items[index] ?? {}, period, now);
    world.store.put('subscription_item', item);
  }
  world.store.put('subscription', subscription);
  customer.currency ??= subscription.currency;
  world.store.put('customer', customer);
  try {
    firstInvoice(world, start, period);
  } catch (error) {
    // The request is refused as a whole: nothing of the subscription remains.
    for (const item of world.store.subscriptionItems(subscription.id))
      world.store.remove('subscription_item', item.id);
    world.store.remove('subscription', subscription.id);
    unredeem(world, start.discounts ?? []);
    throw error;
  }
}

function firstPeriod({ subscription, prices, now }: Start): Span {
  const recurring = prices[0]?.recurring;
  if (!recurring) throw invalid('A subscription needs at least one item.', { param: 'items' });
  const { billing_cycle_anchor: anchor } = subscription;
  const end = anchor > now ? anchor : nextBoundary(anchor, recurring, now);
  return { start: now, end };
}

function firstInvoice(world: World, start: Start, period: Span): void {
  const { subscription, customer, prices, now } = start;
  const isMeteredOnly = prices.every(({ recurring }) => recurring?.usage_type === 'metered');
  if (isMeteredOnly && subscription.billing_mode.type === 'flexible') {
    tellOfDiscounts(world, start.discounts ?? []);
    emit(world, 'customer.subscription.created', subscription);
    return;
  }
  const lines: Lines = {
    base: period,
    usage: isMeteredOnly ? period : null,
    isFree: subscription.status === 'trialing',
    ...shareOf(start, period),
  };
  const span = { start: now, end: now };
  const reason = 'subscription_create';
  const invoice = buildInvoice(world, customer, subscription, reason, span, lines);
  takePendingItems(world, invoice, subscription.id);
  sumUp(world, invoice);
  const { total } = invoice;
  const hasMethod = hasPaymentMethod(customer, subscription.default_payment_method);
  if (total > 0 && !hasMethod && start.paymentBehavior !== 'default_incomplete') {
    throw invalid(
      'This customer has no attached payment source or default payment method. Please consider ' +
        'adding a default payment method.',
      { code: 'resource_missing' },
    );
  }
  tellOfDiscounts(world, start.discounts ?? []);
  subscription.latest_invoice = invoice.id;
  const isTrial = subscription.status === 'trialing';
  if (total > 0) subscription.status = 'incomplete';
  invoice.auto_advance = true;
  announce(world, invoice, false);
  finalize(world, invoice);
  emit(world, 'customer.subscription.created', subscription);
  if (start.paymentBehavior === 'default_incomplete' && total > 0) {
    // The customer's side confirms it.
    if (invoice.amount_due > 0) intentOf(world, invoice, now);
    return;
  }
  const refusal = collect(world, invoice, { isAuthenticated: start.isAuthenticated });
  if (refusal && start.paymentBehavior === 'error_if_incomplete')
    throw cardDeclined(refusal.code, refusal.declineCode, refusal.message);
  if (isTrial) subscription.status = 'trialing';
}

/** A first period cut short by an anchor in the future costs its share of a full one. */
function shareOf({ subscription, prices, isProrated, now }: Start, period: Span): Partial<Lines> {
  const recurring = prices[0]?.recurring;
  const { billing_cycle_anchor: anchor } = subscription;
  if (!recurring || anchor <= now || subscription.status === 'trialing') return {};
  if (!isProrated) return { isFree: true };
  const fullStart = previousBoundary(anchor, recurring, period.end);
  return { share: { part: period.end - now, whole: period.end - fullStart } };
}
