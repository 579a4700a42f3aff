/** A coupon or a promotion code becomes a discount of a customer, a subscription or an invoice. */
import { addIntervals } from '../billing/calendar';
import { emit } from '../events';
import type { Coupon, Discount, PromotionCode } from '../objects-discount';
import { invalid, missingParam } from '../protocol/fault';
import { named } from '../protocol/lookup';
import * as p from '../protocol/params';
import { newDiscount } from '../shapes/discount';
import type { World } from '../world';
import { refusalOfCode, refusalOfCoupon } from './restrictions';
import type { Purchase } from './restrictions';

/** docs.stripe.com/billing/subscriptions/coupons: "up to 20". */
const DISCOUNTS_MAX = 20;

export const DISCOUNTS = p.unsettable(
  p.listOf(p.object({ coupon: p.filled, discount: p.filled, promotion_code: p.filled })),
);
export type AskedDiscount = { coupon?: string; discount?: string; promotion_code?: string };

interface Redemption {
  coupon: Coupon;
  code: PromotionCode | null;
}

export interface Holder {
  of: Partial<Pick<Discount, 'checkout_session' | 'customer' | 'invoice' | 'subscription'>>;
  now: number;
  purchase: Purchase;
  /** Those that it has: they can be named, to be kept. */
  present?: readonly string[];
}

/** Checks all of them before any is redeemed. */
export function redeem(
  world: World,
  requests: readonly AskedDiscount[],
  holder: Holder,
): Discount[] {
  if (requests.length > DISCOUNTS_MAX)
    throw invalid(`There may be at most ${DISCOUNTS_MAX} discounts.`, { param: 'discounts' });
  const redemptions = requests.map((one, index) => checked(world, one, index, holder));
  return redemptions.map((one) => ('object' in one ? one : begin(world, one, holder)));
}

function checked(
  world: World,
  request: AskedDiscount,
  index: number,
  { purchase, present = [] }: Holder,
): Discount | Redemption {
  const param = `discounts[${index}]`;
  const names = Object.values(request).filter((value) => value !== undefined);
  if (names.length !== 1)
    throw invalid(`${param} needs exactly one of coupon, discount and promotion_code.`, { param });
  if (request.discount !== undefined) {
    const presentDiscount = world.store.get('discount', request.discount);
    if (presentDiscount && present.includes(presentDiscount.id)) return presentDiscount;
    throw missingParam('discount', request.discount, `${param}[discount]`);
  }
  const redemption =
    request.promotion_code === undefined
      ? { coupon: couponNamed(world, request.coupon, `${param}[coupon]`), code: null }
      : ofCode(world, named(world, 'promotion_code', request.promotion_code, param));
  assertRedeemable(world, redemption, purchase, param);
  return redemption;
}

export function ofCode(world: World, code: PromotionCode): Redemption {
  const coupon = world.store.get('coupon', code.promotion.coupon);
  if (!coupon) throw invalid('The coupon of this promotion code is gone.');
  return { coupon, code };
}

export function couponNamed(world: World, id: string | undefined, param: string): Coupon {
  const coupon = named(world, 'coupon', id, param);
  if (coupon.deleted) throw missingParam('coupon', coupon.id, param);
  return coupon;
}

export function assertRedeemable(
  world: World,
  { coupon, code }: Redemption,
  purchase: Purchase,
  param: string,
): void {
  if (coupon.deleted) throw missingParam('coupon', coupon.id, param);
  const refusal =
    (code && refusalOfCode(world, code, purchase)) ?? refusalOfCoupon(world, coupon, purchase);
  if (refusal) throw invalid(refusal.message, { code: refusal.code, param });
}

function begin(world: World, { coupon, code }: Redemption, { of, now }: Holder): Discount {
  const months = coupon.duration_in_months ?? 0;
  const month = { interval: 'month' as const, interval_count: 1 };
  const end = coupon.duration === 'repeating' ? addIntervals(now, month, months) : null;
  const discount = newDiscount({ coupon, promotionCode: code?.id ?? null, start: now, end, of });
  for (const one of [coupon, code]) if (one) one.times_redeemed += 1;
  world.store.put('coupon', coupon);
  if (code) world.store.put('promotion_code', code);
  world.store.put('discount', discount);
  return discount;
}

/** Those of an invoice alone are not the customer's: docs.stripe.com/api/events/types. */
export function tellOfDiscounts(world: World, discounts: readonly Discount[]): void {
  for (const discount of discounts)
    if (discount.invoice === null) emit(world, 'customer.discount.created', discount);
}

/** What they were redeemed for did not come about. */
export function unredeem(world: World, discounts: readonly Discount[]): void {
  for (const { id, source, promotion_code: codeId } of discounts) {
    const coupon = world.store.get('coupon', source.coupon);
    const code = world.store.get('promotion_code', codeId ?? '');
    for (const one of [coupon, code]) if (one) one.times_redeemed -= 1;
    if (coupon) world.store.put('coupon', coupon);
    if (code) world.store.put('promotion_code', code);
    world.store.remove('discount', id);
  }
}
