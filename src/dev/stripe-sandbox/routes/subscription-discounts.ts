/** The discounts of a subscription: redeemed with it, exchanged, or taken away. */
import { lineAmount } from '../billing/line-parts';
import { letGo } from '../discounts/lifetimes';
import { redeem, tellOfDiscounts } from '../discounts/redeeming';
import type { AskedDiscount } from '../discounts/redeeming';
import type { Customer, Price, Subscription } from '../objects';
import type { Discount } from '../objects-discount';
import { missing } from '../protocol/fault';
import { present } from '../presentation';
import { customerNow } from '../world';
import type { World } from '../world';

interface New {
  subscription: Subscription;
  customer: Customer;
  prices: readonly Price[];
  items: readonly { quantity?: number }[];
  now: number;
}

/** Nobody is told before the subscription is there. */
export function redeemForNew(
  world: World,
  { subscription, customer, prices, items, now }: New,
  { discounts: requests }: { discounts?: AskedDiscount[] | null },
): Discount[] {
  if (!requests || requests.length === 0) return [];
  const cents = licensedCents(prices, (index) => items[index]?.quantity);
  const discounts = redeem(world, requests, {
    ...{ now, of: { customer: customer.id, subscription: subscription.id } },
    purchase: { customer, currency: subscription.currency, cents },
  });
  subscription.discounts = discounts.map(({ id }) => id);
  return discounts;
}

const licensedCents = (
  prices: readonly Price[],
  quantityOf: (index: number) => number | undefined,
): number =>
  prices.reduce((sum, price, index) => {
    const isMetered = price.recurring?.usage_type === 'metered';
    return isMetered ? sum : sum + lineAmount(price, quantityOf(index) ?? 1);
  }, 0);

export interface Exchange {
  added: Discount[];
  removed: string[];
}

/** "A populated array overwrites the existing discounts on the subscription." */
export function exchangeDiscounts(
  world: World,
  subscription: Subscription,
  customer: Customer,
  requests: readonly AskedDiscount[] | null | undefined,
): Exchange {
  const present = subscription.discounts;
  if (requests === undefined || requests?.length === 0) return { added: [], removed: [] };
  const newDiscounts = redeem(world, requests ?? [], {
    ...{ now: customerNow(world, customer), present },
    of: { customer: customer.id, subscription: subscription.id },
    purchase: { customer, currency: subscription.currency, cents: null },
  });
  subscription.discounts = newDiscounts.map(({ id }) => id);
  return {
    added: newDiscounts.filter(({ id }) => !present.includes(id)),
    removed: present.filter((id) => !subscription.discounts.includes(id)),
  };
}

/** The update was made: those that went are over, and those that came are told. */
export function concludeExchange(world: World, { added, removed }: Exchange): void {
  for (const id of removed) {
    const discount = world.store.get('discount', id);
    if (discount) letGo(world, discount);
  }
  tellOfDiscounts(world, added);
}

export function dropDiscount(world: World, subscription: Subscription): unknown {
  return droppedOf(world, subscription.discounts.at(-1));
}

export function droppedOf(world: World, id: string | null | undefined): unknown {
  const discount = world.store.get('discount', id ?? '');
  if (!discount) throw missing('discount', id ?? '', 'discount');
  letGo(world, discount);
  return present(world, discount);
}
