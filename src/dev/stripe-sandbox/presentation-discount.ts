/** Coupons, promotion codes and discounts as Stripe shows them: with whether they hold. */
import { isActive, isValid } from './discounts/restrictions';
import type { StripeObject } from './objects';
import type { Coupon, Discount, PromotionCode } from './objects-discount';
import { without } from './presentation-parts';
import type { Shown } from './presentation-parts';
import type { World } from './world';

export function presentDiscounting(world: World, object: StripeObject): Shown {
  switch (object.object) {
    case 'coupon':
      return {
        ...without(object, ['applies_to', 'deleted']),
        valid: isValid(world, object as Coupon),
      };
    case 'promotion_code':
      return { ...without(object, []), active: isActive(world, object as PromotionCode) };
    default: {
      const { deleted } = object as Discount;
      return without(object, ['created', 'terms', ...(deleted ? ['end'] : [])]);
    }
  }
}
