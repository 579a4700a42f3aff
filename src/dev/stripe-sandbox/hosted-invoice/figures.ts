/** What an invoice's page and its PDF say: its lines, and how their sum becomes what is due. */
import type { Invoice } from '../objects';
import { offText } from '../discounts/words';
import type { World } from '../world';

export interface Row {
  text: string;
  period: { start: number; end: number };
  quantity: number | null;
  cents: number;
}

export interface Figure {
  text: string;
  cents: number;
  isSum?: boolean;
}

export const rowsOf = (invoice: Invoice): Row[] =>
  invoice.lines.data.map(({ description, period, quantity, amount }) => ({
    ...{ text: description ?? 'Invoice item', period, quantity },
    cents: amount,
  }));

export function figuresOf(world: World, invoice: Invoice): Figure[] {
  const balanceUsed = (invoice.ending_balance ?? 0) - invoice.starting_balance;
  const figures: (Figure | null)[] = [
    { text: 'Subtotal', cents: invoice.subtotal },
    ...discountsOf(world, invoice),
    part('Credits', -sumOf(creditsOf(invoice))),
    part('Tax', sumOf(invoice.total_taxes)),
    { text: 'Total', cents: invoice.total, isSum: true },
    part('Applied balance', -balanceUsed),
    part('Amount paid', -invoice.amount_paid),
    { text: 'Amount due', cents: invoice.amount_remaining, isSum: true },
  ];
  return figures.filter((figure) => figure !== null);
}

const discountsOf = (world: World, invoice: Invoice): (Figure | null)[] =>
  invoice.total_discount_amounts.map(({ amount, discount: id }) => {
    const discount = world.store.get('discount', id);
    const coupon = world.store.get('coupon', discount?.source.coupon ?? '');
    const name = coupon && `${coupon.name ?? coupon.id} (${offText(coupon)})`;
    return part(name ?? 'Discount', -amount);
  });

const creditsOf = (invoice: Invoice) =>
  invoice.total_pretax_credit_amounts.filter(({ type }) => type !== 'discount');

/** What moves nothing is not told. */
const part = (text: string, cents: number): Figure | null => (cents === 0 ? null : { text, cents });

const sumOf = (amounts: unknown): number =>
  (amounts as { amount: number }[]).reduce((sum, { amount }) => sum + amount, 0);
