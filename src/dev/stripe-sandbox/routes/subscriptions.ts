/** Subscriptions: create, read, update, cancel. */
import { cancelNow } from '../billing/cancel';
import { makeChanges, planChanges, resume } from '../billing/item-changes';
import { pricesOf, startSubscription } from '../billing/start';
import { setSubscriptionTerms, SUBSCRIPTION_TERMS } from '../connect/billing-terms';
import { change } from '../events';
import type { Customer, Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
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
  setPause,
  setPaymentMethod,
  setTrialSettings,
} from './subscription-fields';
import { ITEM_FIELDS, PRORATION_FIELDS } from './subscription-items';

const URL = '/v1/subscriptions';
const PER_CUSTOMER_ON_CLOCK = 3;

const PRORATION = p.oneOf('always_invoice', 'create_prorations', 'none');
const BEHAVIOR = p.oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete');
const TRIAL_SETTINGS = p.object({
  end_behavior: p.object({
    missing_payment_method: p.oneOf('cancel', 'create_invoice', 'pause'),
  }),
});
const PAUSE = p.object(
  {
    behavior: p.oneOf('keep_as_draft', 'mark_uncollectible', 'void'),
    resumes_at: p.positive,
  },
  ['behavior'],
);
const SHARED = {
  cancel_at: p.unsettable(p.positive),
  cancel_at_period_end: p.bool,
  collection_method: p.oneOf('charge_automatically'),
  default_payment_method: p.filled,
  description: p.unsettable(p.text),
  metadata: p.metadata,
  off_session: p.bool,
  payment_behavior: BEHAVIOR,
  payment_settings: p.anything,
  proration_behavior: PRORATION,
  trial_settings: TRIAL_SETTINGS,
  ...SUBSCRIPTION_TERMS,
};
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
      ...SHARED,
      billing_cycle_anchor: p.positive,
      billing_mode: p.object({ type: p.oneOf('classic', 'flexible'), flexible: p.anything }, [
        'type',
      ]),
      currency: p.filled,
      customer: p.filled,
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
      if (params.billing_mode?.type === 'classic') subscription.billing_mode = { type: 'classic' };
      subscription.metadata = p.mergeMetadata({}, params.metadata);
      subscription.description = params.description ?? null;
      setPaymentMethod(world, subscription, customer, params.default_payment_method);
      setSubscriptionTerms(world, subscription, params);
      setTrialSettings(subscription, params.trial_settings);
      setAnchor(subscription, now, params);
      const paymentBehavior = params.payment_behavior ?? 'allow_incomplete';
      const isProrated = params.proration_behavior !== 'none';
      const start = { subscription, customer, prices, items, now, isProrated, paymentBehavior };
      startSubscription(world, start);
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
      const found = world.store.all('subscription').filter((one) => isAsked(world, one, params));
      return page(URL, found, params, (one) => present(world, one));
    },
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'subscription', path.id)),
  ),
  route(
    `POST ${URL}/:id`,
    {
      ...SHARED,
      ...PRORATION_FIELDS,
      billing_cycle_anchor: p.oneOf('now', 'unchanged'),
      cancellation_details: p.anything,
      items: p.listOf(p.object({ ...ITEM_FIELDS, id: p.filled, deleted: p.bool })),
      pause_collection: p.unsettable(PAUSE),
      trial_end: p.oneOf('now'),
    },
    ({ world, params, path }) => {
      const subscription = stored(world, 'subscription', path.id);
      assertNotEnded(subscription);
      const customer = namedCustomer(world, subscription.customer);
      const before = structuredClone(subscription) as unknown as Record<string, unknown>;
      setPaymentMethod(world, subscription, customer, params.default_payment_method);
      setCancellation(world, subscription, params);
      setSubscriptionTerms(world, subscription, params);
      setTrialSettings(subscription, params.trial_settings);
      setPause(world, subscription, params.pause_collection);
      subscription.metadata = p.mergeMetadata(subscription.metadata, params.metadata);
      if (params.description !== undefined) subscription.description = params.description;
      const behavior = params.proration_behavior;
      const restarts = params.billing_cycle_anchor === 'now' || endsTrial(subscription, params);
      const plan =
        params.items || restarts
          ? planChanges(world, subscription, customer, params.items ?? [], {
              behavior,
              prorationDate: params.proration_date,
              restarts,
            })
          : null;
      const previous = plan ? makeChanges(world, subscription, customer, plan, behavior) : {};
      for (const [field, old] of Object.entries(before)) {
        if (JSON.stringify(subscription[field]) !== JSON.stringify(old)) previous[field] = old;
      }
      const type = 'customer.subscription.updated';
      change(world, 'subscription', subscription, {}, type, previous);
      return present(world, subscription);
    },
  ),
  route(
    `POST ${URL}/:id/resume`,
    {
      billing_cycle_anchor: p.object({ type: p.oneOf('now') }, ['type']),
      payment_behavior: p.oneOf('resume_on_payment_attempt'),
    },
    ({ world, path }) => {
      const subscription = stored(world, 'subscription', path.id);
      resume(world, subscription, namedCustomer(world, subscription.customer));
      return present(world, subscription);
    },
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

function endsTrial(subscription: Subscription, params: { trial_end?: 'now' }): boolean {
  return params.trial_end === 'now' && subscription.status === 'trialing';
}

function assertMayHaveMore(world: World, customer: Customer): void {
  if (customer.test_clock === null) return;
  const live = world.store
    .all('subscription')
    .filter((one) => one.customer === customer.id && one.ended_at === null);
  if (live.length >= PER_CUSTOMER_ON_CLOCK) {
    throw invalid(
      `Customer ${customer.id} is on a test clock and has ${live.length} subscriptions, ` +
        'the most it may.',
      { param: 'customer' },
    );
  }
}

function assertNotEnded(subscription: Subscription): void {
  if (subscription.ended_at === null) return;
  throw invalid(
    `A canceled subscription can only update its cancellation_details: ${subscription.id} is ` +
      `${subscription.status}.`,
  );
}

function isAsked(
  world: World,
  subscription: Subscription,
  filter: { customer?: string; price?: string; status?: string; test_clock?: string },
): boolean {
  const { customer, price, status, test_clock: clock } = filter;
  if (customer !== undefined && subscription.customer !== customer) return false;
  if (clock !== undefined && subscription.test_clock !== clock) return false;
  if (price !== undefined) {
    const items = world.store.subscriptionItems(subscription.id);
    if (!items.some((item) => item.price === price)) return false;
  }
  if (status === 'all') return true;
  if (status === 'ended') return subscription.ended_at !== null;
  // Without a status, Stripe leaves out what is canceled.
  return status === undefined ? subscription.status !== 'canceled' : subscription.status === status;
}
