/** Why a coupon or a promotion code cannot be redeemed, in words for whoever tries. */
import type { Customer } from '../objects';
import type { Coupon, PromotionCode } from '../objects-discount';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';

export interface Purchase {
  customer: Customer | null;
  currency: string;
  /** It comes to this much before discounts; null where nobody knows yet. */
  cents: number | null;
}

export interface Refusal {
  code: string;
  message: string;
}

const refusal = (code: string, message: string): Refusal => ({ code, message });

export function isValid(world: World, coupon: Coupon): boolean {
  return !coupon.deleted && !isUsedUp(coupon) && !isPast(coupon.redeem_by, accountNow(world));
}

const isUsedUp = (one: { max_redemptions: number | null; times_redeemed: number }): boolean =>
  one.max_redemptions !== null && one.times_redeemed >= one.max_redemptions;

const isPast = (time: number | null, now: number): boolean => time !== null && time < now;

export function refusalOfCoupon(world: World, coupon: Coupon, purchase: Purchase): Refusal | null {
  const now = purchase.customer ? customerNow(world, purchase.customer) : accountNow(world);
  if (isPast(coupon.redeem_by, now))
    return refusal('coupon_expired', `Coupon expired: ${coupon.id}`);
  if (isUsedUp(coupon))
    return refusal('coupon_expired', `Coupon ${coupon.id} is used up and cannot be redeemed.`);
  if (coupon.currency !== null && coupon.currency !== purchase.currency)
    return refusal(
      'invalid_coupon_currency',
      `The coupon ${coupon.id} is in ${coupon.currency}, and what it is for in ${purchase.currency}.`,
    );
  return null;
}

export function isActive(world: World, code: PromotionCode): boolean {
  const coupon = world.store.get('coupon', code.promotion.coupon);
  const isOpen = !isUsedUp(code) && !isPast(code.expires_at, accountNow(world));
  return code.active && isOpen && coupon !== undefined && isValid(world, coupon);
}

export function refusalOfCode(
  world: World,
  code: PromotionCode,
  purchase: Purchase,
): Refusal | null {
  const no = (reason: string): Refusal =>
    refusal('promotion_code_invalid', `This promotion code cannot be redeemed because ${reason}.`);
  const now = purchase.customer ? customerNow(world, purchase.customer) : accountNow(world);
  const { first_time_transaction: isForFirst, minimum_amount: minimum } = code.restrictions;
  const { minimum_amount_currency: minimumCurrency } = code.restrictions;
  if (!code.active) return no('it is not active');
  if (isPast(code.expires_at, now)) return no('it has expired');
  if (isUsedUp(code)) return no('it has been used as often as it may be');
  if (code.customer !== null && code.customer !== purchase.customer?.id)
    return no('it is for another customer');
  if (isForFirst && purchase.customer && hasPaid(world, purchase.customer))
    return no('the associated customer has prior transactions');
  if (minimum === null) return null;
  if (minimumCurrency !== purchase.currency) return no(`it is for payments in ${minimumCurrency}`);
  if (purchase.cents === null || purchase.cents >= minimum) return null;
  return no(`it is for ${(minimum / 100).toFixed(2)} ${minimumCurrency.toUpperCase()} or more`);
}

/** It is "only … for Customers without any successful payments or invoices". */
const hasPaid = (world: World, { id }: Customer): boolean =>
  world.store.where('charge', 'customer', id).some(({ status }) => status === 'succeeded');
