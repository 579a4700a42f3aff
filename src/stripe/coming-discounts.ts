/** A subscription's discounts at Stripe, in our words: what the next invoice will have. */
import type Stripe from 'stripe';
import type { ComingDiscount } from '../core/discounts/coming-discount';
import type { SubscriptionStanding } from '../core/state/remembered';
import { idOf } from './id-of';
import type { ItemMeaning } from './subscription-items';

export const COMING_DISCOUNTS = ['discounts.source.coupon.applies_to'];

export function comingDiscountsOf(
  { discounts: all, items: { data } }: Stripe.Subscription,
  items: readonly ItemMeaning[],
): Pick<SubscriptionStanding, 'discounts'> {
  const products = new Map(data.map(({ price }) => [price.id, idOf(price.product)]));
  const discounts = all.map((one) => comingOf(one, items, products));
  return discounts.length === 0 ? {} : { discounts };
}

function comingOf(
  discount: string | Stripe.Discount,
  items: readonly ItemMeaning[],
  products: ReadonlyMap<string, string>,
): ComingDiscount {
  if (typeof discount === 'string') return { id: discount, coupon: null };
  const { coupon } = discount.source;
  const { end: endsAt, start: startsAt } = discount;
  const held = { id: discount.id, startsAt, ...(endsAt !== null && { endsAt }) };
  if (coupon === null || typeof coupon === 'string') return { coupon, ...held };
  const { id, name, percent_off: percent, amount_off: amount, applies_to: only } = coupon;
  const reached = items.filter(({ priceId }) =>
    only?.products.includes(products.get(priceId) ?? ''),
  );
  return {
    ...{ coupon: id, ...(name !== null && { couponName: name }), ...held },
    ...(percent !== null && { percentOff: String(percent) }),
    ...(amount !== null && { amountOffCents: amount }),
    ...(only && {
      only: {
        isOnBase: reached.some(({ planId }) => planId !== null),
        rateIds: reached.flatMap(({ rateId }) => (rateId === null ? [] : [rateId])),
      },
    }),
  };
}
