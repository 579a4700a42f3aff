/**
 * A customer's own discount: this API version has no way to give one ("We don't offer discounts at
 * the Customer level anymore", stripe/stripe-python#1525), and those from before it go on.
 */
import { couponNamed, redeem, tellOfDiscounts } from '../discounts/redeeming';
import { namedCustomer } from '../protocol/lookup';
import { present } from '../presentation';
import { customerNow } from '../world';
import { aText, checkOrder } from './order';
import { controlRoute } from './route';

export const DISCOUNT_CONTROLS = [
  controlRoute('POST /_sandbox/customer-discount', ({ world }, order) => {
    const checks = { customer: aText, coupon: aText };
    const { customer: id, coupon } = checkOrder(order, checks, ['customer', 'coupon']);
    const customer = namedCustomer(world, id);
    const { currency } = couponNamed(world, coupon, 'coupon');
    const discounts = redeem(world, [{ coupon }], {
      ...{ now: customerNow(world, customer), of: { customer: customer.id } },
      purchase: { customer, currency: currency ?? 'usd', cents: null },
    });
    customer.discount = discounts[0]?.id ?? null;
    world.store.put('customer', customer);
    tellOfDiscounts(world, discounts);
    return present(world, customer);
  }),
];
