/**
 * What discounts take off an invoice, line by line: one discount after the other, each of what the
 * one before has left. A percentage is rounded on each line; an amount is shared out in proportion,
 * its last cents to the largest remainders. Nothing falls below zero, and credits are left alone
 * (docs.stripe.com/changelog/2015-03-24).
 */
import Decimal from 'decimal.js';
import { roundToCents } from '../billing/rating';
import type { Invoice, LineItem } from '../objects';
import type { CouponTerms, Discount } from '../objects-discount';
import { asPretax, isSettled, settledAmounts } from './settled';
import type { World } from '../world';

/** Notes on the lines and the invoice what each of its discounts takes; gives the sum. */
export function takeOff(world: World, invoice: Invoice): number {
  const remainders = new Map(invoice.lines.data.map((line) => [line, line.amount]));
  for (const line of invoice.lines.data) {
    if (isSettled(line)) continue;
    line.discount_amounts = [];
    line.pretax_credit_amounts = [];
  }
  const totals = settledAmounts(invoice.lines.data);
  for (const id of invoice.discounts) {
    const discount = world.store.get('discount', id);
    if (!discount) continue;
    const amount = takeOne(discount, remainders);
    const sum = totals.find((one) => one.discount === id);
    if (sum) sum.amount += amount;
    else totals.push({ amount, discount: id });
  }
  invoice.total_discount_amounts = totals;
  invoice.total_pretax_credit_amounts = totals.map(asPretax);
  return totals.reduce((sum, { amount }) => sum + amount, 0);
}

function takeOne(discount: Discount, remainders: Map<LineItem, number>): number {
  const lines = [...remainders.keys()].filter((line) => applies(discount.terms, line));
  const bases = lines.map((line) => remainders.get(line) ?? 0);
  const amounts = partsOf(discount.terms, bases);
  for (const [index, line] of lines.entries()) {
    const amount = amounts[index] ?? 0;
    const entry = { amount, discount: discount.id };
    line.discount_amounts = [...line.discount_amounts, entry];
    line.pretax_credit_amounts = [...line.pretax_credit_amounts, asPretax(entry)];
    remainders.set(line, (remainders.get(line) ?? 0) - amount);
  }
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

function applies({ applies_to: only }: CouponTerms, line: LineItem): boolean {
  if (line.discountable === false || line.amount < 0) return false;
  const product = line.pricing?.price_details.product;
  return !only || (product !== undefined && only.products.includes(product));
}

export function partsOf(terms: CouponTerms, bases: readonly number[]): number[] {
  const { percent_off: percent, amount_off: amount } = terms;
  if (percent !== null)
    return bases.map((base) => roundToCents(new Decimal(base).times(percent).div(100)));
  const whole = bases.reduce((sum, base) => sum + base, 0);
  return shared(Math.min(amount ?? 0, whole), bases, whole);
}

function shared(amount: number, bases: readonly number[], whole: number): number[] {
  if (whole === 0) return bases.map(() => 0);
  const exactParts = bases.map((base) => new Decimal(amount).times(base).div(whole));
  const parts = exactParts.map((part) => part.floor().toNumber());
  const rest = amount - parts.reduce((sum, part) => sum + part, 0);
  const byRemainder = exactParts
    .map((part, index) => ({ index, remainder: part.minus(part.floor()) }))
    .sort((a, b) => b.remainder.comparedTo(a.remainder) || a.index - b.index);
  for (const { index } of byRemainder.slice(0, rest)) parts[index] = (parts[index] ?? 0) + 1;
  return parts;
}
