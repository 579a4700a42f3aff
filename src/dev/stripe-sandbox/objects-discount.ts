/** The stored objects of discounts: coupons, codes that redeem them, and what was redeemed. */
import type { Metadata, StripeObject } from './objects';

export interface Coupon extends StripeObject {
  object: 'coupon';
  amount_off: number | null;
  /** The products that it is for; shown when it is asked for. */
  applies_to?: { products: string[] };
  currency: string | null;
  duration: 'forever' | 'once' | 'repeating';
  duration_in_months: number | null;
  max_redemptions: number | null;
  metadata: Metadata;
  name: string | null;
  percent_off: number | null;
  redeem_by: number | null;
  times_redeemed: number;
  deleted?: true;
}

export interface PromotionCode extends StripeObject {
  object: 'promotion_code';
  active: boolean;
  code: string;
  customer: string | null;
  expires_at: number | null;
  max_redemptions: number | null;
  metadata: Metadata;
  promotion: { coupon: string; type: 'coupon' };
  restrictions: {
    first_time_transaction: boolean;
    minimum_amount: number | null;
    minimum_amount_currency: string | null;
  };
  times_redeemed: number;
}

/** What a coupon takes off, as it was when it was redeemed. */
export type CouponTerms = Pick<Coupon, 'amount_off' | 'applies_to' | 'duration' | 'percent_off'>;

export interface Discount extends StripeObject {
  object: 'discount';
  checkout_session: string | null;
  customer: string | null;
  end: number | null;
  invoice: string | null;
  invoice_item: null;
  promotion_code: string | null;
  source: { coupon: string; type: 'coupon' };
  start: number;
  subscription: string | null;
  subscription_item: null;
  deleted?: true;
  /** They are never shown by themselves. */
  terms: CouponTerms;
}
