/** Goal: what somebody adds to a subscription by hand does not move the period of ours. */
import type Stripe from 'stripe';
import { currentPeriodOf } from '../../src/stripe/current-period';

const item = (metadata: Stripe.Metadata, start: number, end: number) => ({
  price: { metadata, product: 'prod_1', recurring: { usage_type: 'licensed' } },
  ...{ current_period_start: start, current_period_end: end },
});

const subscription = (...data: object[]) =>
  ({ id: 'sub_1', items: { data } }) as unknown as Stripe.Subscription;

test('a yearly item added at the dashboard is not the period that our plan is in', () => {
  const yearly = item({}, 5_000, 31_536_000);
  const ours = item({ tollkeeper_plan: 'pro' }, 1_000, 2_000);
  expect(currentPeriodOf(subscription(yearly, ours))).toEqual({ start: 1_000, end: 2_000 });
  expect(currentPeriodOf(subscription(yearly))).toEqual({ start: 5_000, end: 31_536_000 });
});
