/** What a session's lines cost today: metered prices nothing yet, a trial nothing at all. */
import { lineAmount } from '../billing/line-parts';
import type { Price } from '../objects';
import type { CheckoutLine, CheckoutSession } from '../objects-checkout';
import { present } from '../presentation';
import type { Shown } from '../presentation-parts';
import { discountsOfLines } from './session-discount';
import type { World } from '../world';

export interface PricedLine {
  line: CheckoutLine;
  price: Price;
  name: string;
  /** It is due when the session is completed. */
  amount: number;
}

export function pricedLines(world: World, session: CheckoutSession): PricedLine[] {
  return session.lines.flatMap((line) => {
    const price = world.store.get('price', line.price);
    if (!price) return [];
    const name = String(world.store.get('product', price.product)?.name ?? price.product);
    const isFree = isMetered(price) || trialDaysOf(session) > 0;
    return { line, price, name, amount: isFree ? 0 : lineAmount(price, line.quantity ?? 1) };
  });
}

export const isMetered = (price: Price): boolean => price.recurring?.usage_type === 'metered';

export const trialDaysOf = ({ terms }: CheckoutSession): number => terms.trial_period_days ?? 0;

export function shownLines(world: World, session: CheckoutSession): Shown[] {
  const lines = pricedLines(world, session);
  const discounts = discountsOfLines(world, session, lines);
  return lines.map(({ line, price, name, amount }, index) => ({
    id: line.id,
    object: 'item',
    amount_discount: discounts[index] ?? 0,
    amount_subtotal: amount,
    amount_tax: 0,
    amount_total: amount - (discounts[index] ?? 0),
    currency: price.currency,
    description: name,
    price: present(world, price),
    quantity: line.quantity,
  }));
}
