/** Subscriptions: create, read, update, cancel. */
import { cancelNow } from '../billing/cancel';
import { currentPeriod } from '../billing/cycle';
import { pricesOf, startSubscription } from '../billing/start';
import { setSubscriptionTerms, SUBSCRIPTION_TERMS } from '../connect/billing-terms';
import { change } from '../events';
import type { Customer, Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { newSubscription } from '../shapes/subscription';
import { customerNow } from '../world';
import type { World } from '../world';
import { ITEM_FIELDS, updateItems } from './subscription-items';

const URL = '/v1/subscriptions';
const PER_CUSTOMER_ON_CLOCK = 3;

const PRORATION = p.oneOf('always_invoice', 'create_prorations', 'none');
const BEHAVIOR = p.oneOf('allow_incomplete', 'default_incomplete', 'error_if_incomplete');
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
  trial_settings: p.anything,
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
      cancellation_details: p.anything,
      items: p.listOf(p.object({ ...ITEM_FIELDS, id: p.filled, deleted: p.bool })),
      proration_date: p.positive,
    },
    ({ world, params, path }) => {
      const subscription = stored(world, 'subscription', path.id);
      assertNotEnded(subscription);
      const customer = namedCustomer(world, subscription.customer);
      const before = structuredClone(subscription) as unknown as Record<string, unknown>;
      setPaymentMethod(world, subscription, customer, params.default_payment_method);
      setCancellation(world, subscription, params);
      setSubscriptionTerms(world, subscription, params);
      subscription.metadata = p.mergeMetadata(subscription.metadata, params.metadata);
      if (params.description !== undefined) subscription.description = params.description;
      const previous = params.items
        ? updateItems(world, subscription, params.items, params.proration_behavior)
        : {};
      for (const [field, old] of Object.entries(before)) {
        if (JSON.stringify(subscription[field]) !== JSON.stringify(old)) previous[field] = old;
      }
      const type = 'customer.subscription.updated';
      change(world, 'subscription', subscription, {}, type, previous);
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

function setPaymentMethod(
  world: World,
  subscription: Subscription,
  customer: Customer,
  id: string | undefined,
): void {
  if (id === undefined) return;
  const method = named(world, 'payment_method', id, 'default_payment_method');
  if (method.customer !== customer.id) {
    throw invalid(
      `The customer does not have a payment method with the ID ${id}. The payment method must be ` +
        'attached to the customer.',
      { code: 'resource_missing', param: 'default_payment_method' },
    );
  }
  subscription.default_payment_method = id;
}

function setAnchor(
  subscription: Subscription,
  now: number,
  params: {
    billing_cycle_anchor?: number;
    trial_end?: number | 'now';
    trial_period_days?: number;
  },
): void {
  const days = params.trial_period_days;
  const trialEnd = params.trial_end ?? (days ? now + days * 86_400 : undefined);
  if (typeof trialEnd === 'number') {
    if (trialEnd <= now) {
      throw invalid(`Invalid timestamp: trial_end (${trialEnd}) must be in the future.`, {
        param: 'trial_end',
      });
    }
    Object.assign(subscription, { status: 'trialing', trial_start: now, trial_end: trialEnd });
    subscription.billing_cycle_anchor = trialEnd;
  }
  const anchor = params.billing_cycle_anchor;
  if (anchor === undefined) return;
  if (anchor < now) {
    throw invalid(`billing_cycle_anchor (${anchor}) cannot be in the past (now: ${now}).`, {
      param: 'billing_cycle_anchor',
    });
  }
  subscription.billing_cycle_anchor = anchor;
}

function setCancellation(
  world: World,
  subscription: Subscription,
  params: { cancel_at?: number | null; cancel_at_period_end?: boolean },
): void {
  const { cancel_at: cancelAt, cancel_at_period_end: atPeriodEnd } = params;
  if (cancelAt === undefined && atPeriodEnd === undefined) return;
  const customer = namedCustomer(world, subscription.customer);
  const { end } = currentPeriod(world.store.subscriptionItems(subscription.id));
  const until = cancelAt ?? (atPeriodEnd ? end : null);
  if (until !== null && until !== end) {
    throw invalid(
      `The sandbox cancels at the end of the current period (${end}) only, not at ${until}.`,
      { param: 'cancel_at' },
    );
  }
  subscription.cancel_at = until;
  subscription.cancel_at_period_end = until !== null && atPeriodEnd === true;
  subscription.canceled_at = until === null ? null : customerNow(world, customer);
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
