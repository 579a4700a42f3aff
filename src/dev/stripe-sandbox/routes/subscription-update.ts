/** Updating a subscription: as a whole or not at all, now or when it is paid. */
import { planChanges } from '../billing/item-changes';
import { makeChanges, UPDATE_BEHAVIORS } from '../billing/making-changes';
import { moveTrialEnd } from '../billing/trials';
import { setSubscriptionTerms, SUBSCRIPTION_TERMS } from '../connect/billing-terms';
import { DISCOUNTS, unredeem } from '../discounts/redeeming';
import { change } from '../events';
import type { Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import { namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present, SUBSCRIPTION_HIDDEN } from '../presentation';
import { route } from '../protocol/router';
import { customerNow } from '../world';
import { concludeExchange, exchangeDiscounts } from './subscription-discounts';
import type { Exchange } from './subscription-discounts';
import {
  setCancellation,
  setPause,
  setPaymentMethod,
  setPaymentSettings,
  setTrialSettings,
} from './subscription-fields';
import { ITEM_FIELDS, PRORATION_FIELDS, unsupportedWhenPending } from './subscription-items';

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
/** Those that creating and updating it have in common. */
export const SUBSCRIPTION_FIELDS = {
  cancel_at: p.unsettable(p.positive),
  cancel_at_period_end: p.bool,
  collection_method: p.oneOf('charge_automatically'),
  default_payment_method: p.filled,
  description: p.unsettable(p.text),
  metadata: p.metadata,
  off_session: p.bool,
  payment_behavior: BEHAVIOR,
  payment_settings: p.object({
    payment_method_options: p.anything,
    payment_method_types: p.anything,
    save_default_payment_method: p.oneOf('off', 'on_subscription'),
  }),
  proration_behavior: PRORATION,
  trial_settings: TRIAL_SETTINGS,
  ...SUBSCRIPTION_TERMS,
};
/** docs.stripe.com/billing/subscriptions/pending-updates#supported-attributes lists them. */
const PENDING: ReadonlySet<string> = new Set([
  'billing_cycle_anchor',
  'items',
  'metadata',
  'payment_behavior',
  'proration_behavior',
  'proration_date',
  'trial_end',
]);

export const SUBSCRIPTION_UPDATE = route(
  'POST /v1/subscriptions/:id',
  {
    ...SUBSCRIPTION_FIELDS,
    ...PRORATION_FIELDS,
    payment_behavior: p.oneOf(...UPDATE_BEHAVIORS),
    billing_cycle_anchor: p.oneOf('now', 'unchanged'),
    cancellation_details: p.anything,
    discounts: DISCOUNTS,
    items: p.listOf(p.object({ ...ITEM_FIELDS, id: p.filled, deleted: p.bool })),
    pause_collection: p.unsettable(PAUSE),
    trial_end: p.either(p.oneOf('now'), p.positive),
  },
  ({ world, params, path }) => {
    const subscription = stored(world, 'subscription', path.id);
    assertNotEnded(subscription);
    assertSupported(params);
    const customer = namedCustomer(world, subscription.customer);
    const earlierState = structuredClone(subscription);
    const { proration_behavior: behavior, payment_behavior: payment } = params;
    const restarts = params.billing_cycle_anchor === 'now' || endsTrial(subscription, params);
    let previousValues: Record<string, unknown> = {};
    let exchange: Exchange = { added: [], removed: [] };
    try {
      setPaymentMethod(world, subscription, customer, params.default_payment_method);
      setCancellation(world, subscription, params);
      exchange = exchangeDiscounts(world, subscription, customer, params.discounts);
      setSubscriptionTerms(world, subscription, params);
      setPaymentSettings(subscription, params.payment_settings);
      setTrialSettings(subscription, params.trial_settings);
      setPause(world, subscription, params.pause_collection);
      if (typeof params.trial_end === 'number')
        moveTrialEnd(world, subscription, params.trial_end, customerNow(world, customer));
      const terms = { behavior, prorationDate: params.proration_date, restarts };
      const plan =
        params.items || restarts
          ? planChanges(world, subscription, customer, params.items ?? [], terms)
          : null;
      const waits =
        plan !== null &&
        payment === 'pending_if_incomplete' &&
        (restarts || behavior === 'always_invoice');
      if (!waits) subscription.metadata = p.mergeMetadata(subscription.metadata, params.metadata);
      if (params.description !== undefined) subscription.description = params.description;
      if (plan)
        previousValues = makeChanges(world, subscription, customer, plan, {
          behavior,
          payment,
          ...(waits && { metadata: params.metadata }),
        });
    } catch (error) {
      // The change is refused as a whole.
      Object.assign(subscription, earlierState);
      unredeem(world, exchange.added);
      throw error;
    }
    concludeExchange(world, exchange);
    for (const [field, oldValue] of Object.entries(earlierState)) {
      if (SUBSCRIPTION_HIDDEN.includes(field)) continue;
      if (JSON.stringify(subscription[field]) !== JSON.stringify(oldValue))
        previousValues[field] = oldValue;
    }
    const type = 'customer.subscription.updated';
    change(world, 'subscription', subscription, {}, type, previousValues);
    return present(world, subscription);
  },
);

export function assertSupported(params: { payment_behavior?: string; items?: object[] }): void {
  if (params.payment_behavior !== 'pending_if_incomplete') return;
  const fields = Object.entries(params).filter(([, value]) => value !== undefined);
  const unsupportedNames = fields.map(([name]) => name).filter((name) => !PENDING.has(name));
  const hasMetadata = params.items?.some(
    (item) => (item as { metadata?: unknown }).metadata !== undefined,
  );
  if (hasMetadata) unsupportedNames.push('items[metadata]');
  if (unsupportedNames.length > 0) throw unsupportedWhenPending(unsupportedNames);
}

function endsTrial(subscription: Subscription, params: { trial_end?: number | 'now' }): boolean {
  return params.trial_end === 'now' && subscription.status === 'trialing';
}

export function assertNotEnded(subscription: Subscription): void {
  if (subscription.ended_at === null) return;
  throw invalid(
    `A canceled subscription can only update its cancellation_details: ${subscription.id} is ` +
      `${subscription.status}.`,
  );
}
