/** The discounts of an invoice at Stripe, with their coupons, and what they take off its lines. */
import type Stripe from 'stripe';
import type { DiscountedLine, InvoiceDiscount } from '../core/invoices/invoice-discount';
import type { InvoiceSnapshot } from '../core/invoices/invoice-snapshot';
import { idOf } from './id-of';

/** A proration names discounts that the invoice itself may not have. */
export const DISCOUNT_EXPANSIONS = [
  'discounts.source.coupon.applies_to',
  'total_discount_amounts.discount.source.coupon',
];

type Discounts = Pick<InvoiceSnapshot, 'discounts' | 'creditCents' | 'isTaxed'>;

/** Nothing is told of an invoice that has none. */
export function discountsOf(invoice: Stripe.Invoice): Discounts {
  const amounts = invoice.total_discount_amounts ?? [];
  if (amounts.length === 0 && invoice.discounts.length === 0) return {};
  const own = new Map(invoice.discounts.map((one) => [idOf(one), one]));
  const totals = new Map(amounts.map(({ amount, discount }) => [idOf(discount), amount]));
  const others = amounts.flatMap(({ discount }) => (own.has(idOf(discount)) ? [] : [discount]));
  const credits = (invoice.total_pretax_credit_amounts ?? []).filter(
    ({ type }) => type !== 'discount',
  );
  const creditCents = credits.reduce((sum, { amount }) => sum + amount, 0);
  return {
    discounts: [...own.values(), ...others].map((one) => ({
      ...couponOf(one),
      isOnInvoice: own.has(idOf(one)),
      amountCents: totals.get(idOf(one)) ?? 0,
    })),
    ...(creditCents > 0 && { creditCents }),
    ...((invoice.total_taxes ?? []).length > 0 && { isTaxed: true }),
  };
}

type Told = string | Stripe.Discount | Stripe.DeletedDiscount;

function couponOf(discount: Told): Omit<InvoiceDiscount, 'amountCents' | 'isOnInvoice'> {
  if (typeof discount === 'string') return { id: discount };
  const { source, promotion_code: code } = discount;
  const { coupon } = source;
  const held = holderOf(discount);
  if (coupon === null) return held;
  if (typeof coupon === 'string') return { ...held, couponId: coupon };
  const { percent_off: percent, amount_off: amount, applies_to: only } = coupon;
  return {
    ...{ ...held, couponId: coupon.id },
    ...(coupon.name !== null && { couponName: coupon.name }),
    ...(code && { promotionCode: idOf(code) }),
    ...(percent !== null && { percentOff: String(percent) }),
    ...(amount !== null && { amountOffCents: amount }),
    ...(only && { products: only.products }),
  };
}

/** Somebody may have put it onto the invoice itself. */
function holderOf(discount: Exclude<Told, string>) {
  const { id, subscription, invoice } = discount;
  return {
    id,
    ...(subscription !== null && invoice === null && { isOfSubscription: true as const }),
    ...(!discount.deleted && discount.end !== null && { endsAt: discount.end }),
  };
}

export function discountsOfLine(
  line: Stripe.InvoiceLineItem,
  isProration: boolean,
): DiscountedLine {
  const amounts = line.discount_amounts ?? [];
  const product = line.pricing?.price_details?.product;
  return {
    ...(amounts.length > 0 && {
      discounts: amounts.map(({ amount, discount }) => ({
        ...{ id: idOf(discount), amountCents: amount },
      })),
    }),
    ...(!line.discountable && { isUndiscountable: true }),
    ...(isProration && { isProration: true }),
    ...(product !== undefined && { productId: product }),
  };
}
