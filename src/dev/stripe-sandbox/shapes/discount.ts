/** A new coupon, promotion code and discount, every field that the pinned API version has. */
import { newId } from '../identifiers';
import type { Coupon, CouponTerms, Discount, PromotionCode } from '../objects-discount';

export function newCoupon(
  id: string,
  terms: Pick<Coupon, 'duration' | 'created'> & Partial<Coupon>,
): Coupon {
  return {
    amount_off: null,
    currency: null,
    duration_in_months: null,
    livemode: false,
    max_redemptions: null,
    metadata: {},
    name: null,
    percent_off: null,
    redeem_by: null,
    times_redeemed: 0,
    ...terms,
    id,
    object: 'coupon',
  };
}

export function newPromotionCode(
  terms: Pick<PromotionCode, 'code' | 'created' | 'promotion'> & Partial<PromotionCode>,
): PromotionCode {
  return {
    active: true,
    customer: null,
    customer_account: null,
    expires_at: null,
    livemode: false,
    max_redemptions: null,
    metadata: {},
    restrictions: {
      first_time_transaction: false,
      minimum_amount: null,
      minimum_amount_currency: null,
    },
    times_redeemed: 0,
    ...terms,
    id: newId('promo'),
    object: 'promotion_code',
  };
}

interface NewDiscount {
  coupon: Coupon;
  promotionCode: string | null;
  start: number;
  end: number | null;
  of: Partial<Pick<Discount, 'checkout_session' | 'customer' | 'invoice' | 'subscription'>>;
}

export function newDiscount({ coupon, promotionCode, start, end, of }: NewDiscount): Discount {
  const { amount_off, applies_to, duration, percent_off } = coupon;
  const terms: CouponTerms = { amount_off, applies_to, duration, percent_off };
  return {
    id: newId('di'),
    object: 'discount',
    checkout_session: null,
    created: start,
    customer: null,
    customer_account: null,
    end,
    invoice: null,
    invoice_item: null,
    promotion_code: promotionCode,
    source: { coupon: coupon.id, type: 'coupon' },
    start,
    subscription: null,
    subscription_item: null,
    ...of,
    terms,
  };
}
