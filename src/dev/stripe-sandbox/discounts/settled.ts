/** What discounts take of a proration: settled when it was made, and shown on its line. */
import type { DiscountAmount, LineItem, PretaxCredit } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';

export const asPretax = ({ amount, discount }: DiscountAmount): PretaxCredit => ({
  ...{ amount, discount, type: 'discount' as const },
});

export function settledDiscounts({ proration_details: details }: InvoiceItem) {
  const amounts = details?.discount_amounts ?? [];
  return {
    discounts: amounts.map(({ discount }) => discount),
    discount_amounts: amounts.map((one) => ({ ...one })),
    pretax_credit_amounts: amounts.map(asPretax),
  };
}

export const isSettled = ({ discounts }: LineItem): boolean => discounts.length > 0;

export function settledAmounts(lines: readonly LineItem[]): DiscountAmount[] {
  const amounts = new Map<string, number>();
  for (const line of lines.filter(isSettled))
    for (const { amount, discount } of line.discount_amounts)
      amounts.set(discount, (amounts.get(discount) ?? 0) + amount);
  return [...amounts].map(([discount, amount]) => ({ amount, discount }));
}
