/**
 * Discounts within prorations: what remains costs less by the percentages in force, and what is
 * unused is credited as it was charged ("based on the original amount previously debited",
 * docs.stripe.com/billing/subscriptions/billing-mode/compare).
 */
import { roundToCents } from '../billing/rating';
import Decimal from 'decimal.js';
import type {
  Customer,
  DiscountAmount,
  LineItem,
  Subscription,
  SubscriptionItem,
} from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import type { World } from '../world';
import { discountsFor } from './lifetimes';
import { partsOf } from './taking-off';

/** An amount off is of invoices as a whole, and takes nothing here. */
export function lessInForce(
  world: World,
  subscription: Subscription,
  customer: Customer,
  time: number,
  amount: number,
): DiscountAmount[] {
  const discounts: DiscountAmount[] = [];
  let remainder = amount;
  for (const { id, terms } of discountsFor(world, customer, subscription, time)) {
    if (terms.percent_off === null || terms.duration === 'once') continue;
    const [part = 0] = partsOf(terms, [remainder]);
    discounts.push({ amount: part, discount: id });
    remainder -= part;
  }
  return discounts;
}

/** The credit of an item's time is less by the part that its charge was less. */
export function lessAsCharged(
  world: World,
  item: SubscriptionItem,
  time: number,
  amount: number,
): DiscountAmount[] {
  if (world.store.count('discount') === 0) return [];
  const charge = chargeOf(world, item, time);
  if (!charge || charge.gross === 0) return [];
  return charge.discounts.map(({ amount: part, discount }) => ({
    amount: roundToCents(new Decimal(amount).times(part).div(charge.gross)),
    discount,
  }));
}

interface Charge {
  gross: number;
  discounts: readonly DiscountAmount[];
}

/** The latest charge of the item for this time: a line of an invoice, or a pending item. */
function chargeOf(world: World, item: SubscriptionItem, time: number): Charge | undefined {
  const { id, subscription } = item;
  const isFor = ({ period }: { period: { start: number; end: number } }): boolean =>
    period.start <= time && time < period.end;
  const customer = world.store.get('subscription', subscription)?.customer ?? '';
  const pending = world.store
    .where('invoiceitem', 'customer', customer)
    .filter((one) => one.subscription_item === id && one.amount > 0 && isFor(one))
    .at(-1);
  if (pending) return chargeOfItem(pending);
  const line = world.store
    .where('invoice', 'subscription', subscription)
    .flatMap(({ lines, status }) => (status === 'void' ? [] : lines.data))
    .filter((one) => isOf(one, id) && one.amount > 0 && isFor(one) && !isProration(one))
    .at(-1);
  return line && { gross: line.amount, discounts: line.discount_amounts };
}

const isOf = (line: LineItem, item: string): boolean =>
  line.parent.subscription_item_details?.subscription_item === item;

const isProration = ({ parent }: LineItem): boolean =>
  parent.subscription_item_details?.proration === true;

function chargeOfItem({ net_amount: net, taken: discounts = [] }: InvoiceItem): Charge {
  return { gross: discounts.reduce((sum, { amount }) => sum + amount, net), discounts };
}
