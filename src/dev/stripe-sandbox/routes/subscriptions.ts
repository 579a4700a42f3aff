/** Subscriptions: create, read, update, cancel. */
import { cancelNow } from '../billing/cancel';
import { resume } from '../billing/making-changes';
import { pricesOf, startSubscription } from '../billing/start';
import { setSubscriptionTerms } from '../connect/billing-terms';
import { DISCOUNTS } from '../discounts/redeeming';
import type { Customer, Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { newSubscription } from '../shapes/subscription';
import { customerNow } from '../world';
import type { World } from '../world';
import {
  setAnchor,
  setCancellation,
  setPaymentMethod,
  setPaymentSettings,
  setTrialSettings,
} from './subscription-fields';
import { dropDiscount, redeemForNew } from './subscription-discounts';
import { SUBSCRIPTION_MIGRATE } from './subscription-migration';
import { ITEM_FIELDS } from './subscription-items';
import { assertNotEnded, SUBSCRIPTION_FIELDS, SUBSCRIPTION_UPDATE } from './subscription-update';

const URL = '/v1/subscriptions';
const PER_CUSTOMER_ON_CLOCK = 3;

const STATUS = p.oneOf(
  'active',
  'all',
  'canceled',
  'ended',
  'incomplete',
  'incomplete_expired',
  'past_due',
  'paused',
  'trialing',
  'unpaid',
);

export const SUBSCRIPTION_ROUTES = [
  route(
    `POST ${URL}`,
    {
      ...SUBSCRIPTION_FIELDS,
      billing_cycle_anchor: p.positive,
      billing_mode: p.object(
        {
          type: p.oneOf('classic', 'flexible'),
          flexible: p.object({ proration_discounts: p.oneOf('included', 'itemized') }),
        },
        ['type'],
      ),
      currency: p.filled,
      customer: p.filled,
      discounts: DISCOUNTS,
      items: p.listOf(p.object(ITEM_FIELDS)),
      trial_end: p.either(p.oneOf('now'), p.positive),
      trial_period_days: p.positive,
    },
    ({ world, params }) => {
      const customer = namedCustomer(world, params.customer);
      const items = params.items ?? [];
      const prices = pricesOf(world, items);
      assertMayHaveMore(world, customer);
      const now = customerNow(world, customer);
      const currency = prices[0]?.currency ?? 'usd';
      const subscription = newSubscription(customer, currency, now);
      const { type, flexible } = params.billing_mode ?? {};
      if (type === 'classic') subscription.billing_mode = { type };
      else if (flexible) subscription.billing_mode = { type: 'flexible', flexible };
      subscription.metadata = p.mergeMetadata({}, params.metadata);
      subscription.description = params.description ?? null;
      setPaymentMethod(world, subscription, customer, params.default_payment_method);
      setSubscriptionTerms(world, subscription, params);
      setPaymentSettings(subscription, params.payment_settings);
      setTrialSettings(subscription, params.trial_settings);
      setAnchor(subscription, now, params);
      const paymentBehavior = params.payment_behavior ?? 'allow_incomplete';
      const isProrated = params.proration_behavior !== 'none';
      const discounts = redeemForNew(world, { subscription, customer, prices, items, now }, params);
      const start = { subscription, customer, prices, items, now, isProrated, paymentBehavior };
      startSubscription(world, { ...start, discounts });
      setCancellation(world, subscription, params);
      world.store.put('subscription', subscription);
      return present(world, subscription);
    },
    ['customer', 'items'],
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, customer: p.text, price: p.text, status: STATUS, test_clock: p.text },
    ({ world, params }) => {
      const { customer, test_clock } = params;
      const isAskedFor = (one: Subscription): boolean => isAsked(world, one, params);
      const order = { url: URL, params, isAsked: isAskedFor };
      return pageOf(world, 'subscription', { customer, test_clock }, order);
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'subscription', path.id)),
  ),
  SUBSCRIPTION_UPDATE,
  SUBSCRIPTION_MIGRATE,
  route(
    `POST ${URL}/:id/resume`,
    {
      billing_cycle_anchor: p.object({ type: p.oneOf('now') }, ['type']),
      payment_behavior: p.oneOf('resume_on_payment_attempt', 'resume_on_payment_success'),
    },
    ({ world, params, path }) => {
      const subscription = stored(world, 'subscription', path.id);
      const customer = namedCustomer(world, subscription.customer);
      const payment = params.payment_behavior ?? 'resume_on_payment_attempt';
      resume(world, subscription, customer, payment);
      return present(world, subscription);
    },
  ),
  route(`DELETE ${URL}/:id/discount`, {}, ({ world, path }) =>
    dropDiscount(world, stored(world, 'subscription', path.id)),
  ),
  route(
    `DELETE ${URL}/:id`,
    { cancellation_details: p.anything, invoice_now: p.bool, prorate: p.bool },
    ({ world, params, path }) => {
      const subscription = stored(world, 'subscription', path.id);
      assertNotEnded(subscription);
      const customer = namedCustomer(world, subscription.customer);
      cancelNow(world, subscription, customer, params);
      return present(world, subscription);
    },
  ),
];

function assertMayHaveMore(world: World, customer: Customer): void {
  if (customer.test_clock === null) return;
  const live = world.store
    .where('subscription', 'customer', customer.id)
    .filter((one) => one.ended_at === null);
  if (live.length >= PER_CUSTOMER_ON_CLOCK) {
    throw invalid(
      `Customer ${customer.id} is on a test clock and has ${live.length} subscriptions, ` +
        'the most it may.',
      { param: 'customer' },
    );
  }
}

function isAsked(
  world: World,
  subscription: Subscription,
  filter: { customer?: string; price?: string; status?: string; test_clock?: string },
): boolean {
  const { customer, price, status, test_clock: clock } = filter;
  if (customer !== undefined && subscription.customer !== customer) return false;
  if (clock !== undefined && subscription.test_clock !== clock) return false;
  // Stripe leaves out those on clocks unless it is asked for a clock or a customer.
  const isNamed = clock !== undefined || customer !== undefined;
  if (!isNamed && subscription.test_clock !== null) return false;
  if (price !== undefined) {
    const items = world.store.subscriptionItems(subscription.id);
    if (!items.some((item) => item.price === price)) return false;
  }
  if (status === 'all') return true;
  if (status === 'ended') return subscription.ended_at !== null;
  // Without a status, Stripe leaves out what is canceled.
  return status === undefined ? subscription.status !== 'canceled' : subscription.status === status;
}
