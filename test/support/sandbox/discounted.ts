/** A subscription with a coupon, or none, and what its invoices come to. */
import type Stripe from 'stripe';
import { customerOnClock, meterAndPrices } from './stand';

export const HALF: Stripe.CouponCreateParams = { percent_off: 50, duration: 'forever' };

/** An hour and a half after the renewal of that month (0 is January) of 2026. */
export const renewal = (month: number) => Date.UTC(2026, month, 15, 13, 30) / 1000;

export async function subscribedWith(
  stripe: Stripe,
  coupon: Stripe.CouponCreateParams | null,
  more: Partial<Stripe.SubscriptionCreateParams> = {},
) {
  const { clock, customer } = await customerOnClock(stripe);
  const made = await meterAndPrices(stripe, {
    ...{ eventName: 'tokens', baseCents: 2900, centsPerToken: '0.3' },
  });
  const discounts = coupon ? [{ coupon: (await stripe.coupons.create(coupon)).id }] : [];
  const subscription = await stripe.subscriptions.create({
    ...{ customer: customer.id, items: made.items, discounts },
    ...more,
  });
  const invoices = async () => {
    const { data } = await stripe.invoices.list({ customer: customer.id, limit: 100 });
    return data.reverse();
  };
  return { clock, customer, subscription, items: made.items, product: made.product, invoices };
}
