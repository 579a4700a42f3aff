/**
 * How long a discount holds: for one invoice that it makes less, to its end, or for ever; and which
 * ones an invoice has. A subscription's take the place of its customer's.
 */
import { change, emit } from '../events';
import type { Customer, Invoice, Subscription } from '../objects';
import type { Discount } from '../objects-discount';
import type { World } from '../world';

const isOver = ({ end, deleted }: Discount, time: number): boolean =>
  deleted === true || (end !== null && end <= time);

function held(world: World, ids: readonly string[], time: number): Discount[] {
  const discounts = ids.flatMap((id) => world.store.get('discount', id) ?? []);
  return discounts.filter((one) => !isOver(one, time));
}

/** "If not specified or empty, inherits the discount from the subscription's customer." */
export function discountsFor(
  world: World,
  customer: Customer,
  subscription: Subscription | null,
  time: number,
): Discount[] {
  const own = held(world, subscription?.discounts ?? [], time);
  if (own.length > 0) return own;
  return held(world, customer.discount === null ? [] : [customer.discount], time);
}

/** An invoice that one of `once` makes less uses it up: stripe/stripe-go#944. */
export function useUp(world: World, invoice: Invoice): void {
  for (const { amount, discount: id } of invoice.total_discount_amounts) {
    const discount = world.store.get('discount', id);
    if (amount > 0 && discount?.terms.duration === 'once') letGo(world, discount);
  }
}

/** When the first of a subscription's discounts ends; null if none does. */
export function nextDiscountEnd(world: World, { discounts }: Subscription): number | null {
  const ends = discounts.flatMap((id) => world.store.get('discount', id)?.end ?? []);
  return ends.length === 0 ? null : Math.min(...ends);
}

export function endDiscounts(world: World, subscription: Subscription, time: number): void {
  for (const id of subscription.discounts) {
    const discount = world.store.get('discount', id);
    if (discount && isOver(discount, time)) letGo(world, discount);
  }
}

/** Whoever had it has it no more; invoices that it made less keep it. */
export function letGo(world: World, discount: Discount): void {
  if (discount.deleted) return;
  discount.deleted = true;
  world.store.put('discount', discount);
  const { subscription: subscriptionId, customer: customerId } = discount;
  const subscription = world.store.get('subscription', subscriptionId ?? '');
  const customer = world.store.get('customer', customerId ?? '');
  if (subscription?.discounts.includes(discount.id)) {
    const discounts = subscription.discounts.filter((id) => id !== discount.id);
    change(world, 'subscription', subscription, { discounts }, 'customer.subscription.updated');
  }
  if (customer?.discount === discount.id) {
    customer.discount = null;
    world.store.put('customer', customer);
  }
  if (discount.invoice === null) emit(world, 'customer.discount.deleted', discount);
}
