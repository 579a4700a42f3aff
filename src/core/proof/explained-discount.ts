/**
 * What each discount must take off an invoice by its coupon, beside what Stripe says it takes.
 * Stripe does not say how it rounds, so that a line's percentage is right if it is less than a cent
 * from its exact value; the sums are exact.
 */
import type { Books } from './books';
import { isOver, missingDiscounts } from '../discounts/subscription-discounts';
import type { MissingDiscount } from '../discounts/subscription-discounts';
import type { InvoiceDiscount } from '../invoices/invoice-discount';
import type { InvoiceLine, InvoiceSnapshot } from '../invoices/invoice-snapshot';
import type { ComingDiscount } from '../discounts/coming-discount';
import { amountOff, percentOffCents } from '../discounts/discount-amount';
import { compareDecimals, exactPercentOf, subtractDecimals } from '../money';
import type { PeriodState } from '../state/period-state';

export interface ExplainedDiscount {
  /** It names the coupon, and what that takes. */
  readonly what: string;
  readonly discountId: string;
  /** The coupon says so; null: Stripe does not tell which one it is. */
  readonly amountCents: number | null;
  readonly invoiceAmountCents: number;
  readonly equal: boolean;
}

/** A renewal has those of its subscription, no more and no fewer; who redeemed others is open. */
export function explainDiscounts(
  invoice: InvoiceSnapshot,
  billed: PeriodState | undefined,
  { discounts: held, lateItem }: Pick<Books, 'discounts' | 'lateItem'>,
): ExplainedDiscount[] {
  const { discounts = [], lines, areDiscountsOpen } = invoice;
  const isRenewal = invoice.billingReason === 'subscription_cycle' && !billed?.subscriptionId;
  if (!held || !billed || !isRenewal)
    return areDiscountsOpen ? [] : discounts.map((discount) => explainOne(discount, lines));
  return [
    ...discounts.flatMap((discount) => {
      if (isOver(discount, billed, held)) return [explainOver(discount)];
      return areDiscountsOpen ? [] : [explainOne(discount, lines)];
    }),
    ...missingDiscounts(invoice, billed, held, lateItem).map(explainMissing),
  ];
}

const explainOver = (discount: InvoiceDiscount): ExplainedDiscount => ({
  what: `${nameOf(discount)}, which the subscription had no more`,
  ...{ discountId: discount.id, amountCents: 0, invoiceAmountCents: discount.amountCents },
  equal: discount.amountCents === 0,
});

const explainMissing = ({ discount, amountCents }: MissingDiscount): ExplainedDiscount => ({
  what: `${nameOfComing(discount)}, which the subscription has`,
  ...{ discountId: discount.id ?? '', amountCents, invoiceAmountCents: 0, equal: false },
});

const nameOfComing = ({ id = '', coupon, ...terms }: ComingDiscount): string =>
  nameOf({ id, ...(coupon !== null && { couponId: coupon }), ...terms });

function explainOne(discount: InvoiceDiscount, lines: readonly InvoiceLine[]): ExplainedDiscount {
  const parts = lines.flatMap((line) => partOf(discount, line));
  const shown = sumOf(parts.map(({ takenCents }) => takenCents));
  const figures = {
    ...{ what: nameOf(discount), discountId: discount.id },
    invoiceAmountCents: discount.amountCents,
  };
  const ours = expectedCents(discount, parts);
  const isRight = ours === shown && ours === discount.amountCents;
  return { ...figures, amountCents: ours, equal: isRight };
}

/** What one discount takes of one line, and of what. */
interface Part {
  readonly baseCents: number;
  readonly takenCents: number;
  readonly isProration: boolean;
}

function partOf(discount: InvoiceDiscount, line: InvoiceLine): Part[] {
  const { discounts = [], amountCents, isProration = false } = line;
  const at = discounts.findIndex(({ id }) => id === discount.id);
  const predecessors = at === -1 ? discounts : discounts.slice(0, at);
  const baseCents = amountCents - sumOf(predecessors.map((one) => one.amountCents));
  const own = discounts[at];
  if (own) return [{ baseCents, takenCents: own.amountCents, isProration }];
  return mustTake(discount, line) ? [{ baseCents, takenCents: 0, isProration }] : [];
}

function mustTake({ isOnInvoice, products }: InvoiceDiscount, line: InvoiceLine): boolean {
  const { isUndiscountable, isProration, amountCents, productId } = line;
  if (!isOnInvoice || isUndiscountable || isProration || amountCents <= 0) return false;
  return products === undefined || products.includes(productId ?? '');
}

function expectedCents(discount: InvoiceDiscount, parts: readonly Part[]): number | null {
  const { percentOff, amountOffCents } = discount;
  if (percentOff !== undefined) return sumOf(parts.map((part) => byPercent(part, percentOff)));
  if (amountOffCents === undefined) return null;
  // What an amount took of a change's lines depends on the invoice that they change.
  const settled = parts.filter(({ isProration }) => isProration);
  const own = parts.filter(({ isProration }) => !isProration);
  if (own.some(isBeyond) || settled.some(isBeyond)) return null;
  const settledCents = sumOf(settled.map(({ takenCents }) => takenCents));
  const baseCents = own.map((part) => part.baseCents);
  return settledCents + amountOff(amountOffCents, baseCents);
}

/** No discount takes more than there is, nor adds to it. */
function isBeyond({ baseCents, takenCents }: Part): boolean {
  return takenCents < Math.min(0, baseCents) || takenCents > Math.max(0, baseCents);
}

/** The cents are Stripe's where they are as near as a rounding, and else ours. */
function byPercent({ baseCents, takenCents, isProration }: Part, percent: string): number {
  const exact = exactPercentOf(String(baseCents), percent);
  const off = compareDecimals(apart(exact, takenCents), '1');
  // A credit is a part of what was once charged, and that was rounded before.
  const isNear = off < 0 || (off === 0 && isProration);
  return isNear ? takenCents : percentOffCents(baseCents, percent);
}

function apart(exact: string, cents: number): string {
  const difference = subtractDecimals(exact, String(cents));
  return difference.startsWith('-') ? difference.slice(1) : difference;
}

type Named = Pick<InvoiceDiscount, 'id' | 'couponId' | 'percentOff' | 'amountOffCents'>;

function nameOf({ id, couponId, percentOff, amountOffCents }: Named): string {
  if (percentOff !== undefined) return `coupon ${couponId ?? id}, ${percentOff}% off`;
  if (amountOffCents !== undefined) return `coupon ${couponId ?? id}, ${amountOffCents} cents off`;
  return `discount ${id}, whose coupon Stripe does not tell`;
}

const sumOf = (cents: readonly number[]): number => cents.reduce((sum, one) => sum + one, 0);

/**
 * The total that the subtotal, the discounts and credits leave; undefined: tax is in it, which is
 * Stripe's, or there is no discount.
 */
export function totalAfterDiscounts({
  discounts,
  subtotalCents,
  creditCents = 0,
  isTaxed,
  areDiscountsOpen,
}: InvoiceSnapshot): number | undefined {
  if (!discounts || subtotalCents === undefined || isTaxed || areDiscountsOpen) return undefined;
  return subtotalCents - sumOf(discounts.map(({ amountCents }) => amountCents)) - creditCents;
}
