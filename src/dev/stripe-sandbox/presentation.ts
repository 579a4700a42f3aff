/**
 * A stored object as Stripe shows it: items within their subscription, prices within items,
 * a draft's metered lines as of now, and without what is only shown when expanded.
 */
import { showDraft } from './billing/draft';
import { addressesOf } from './hosted-invoice/address';
import type {
  Customer,
  Invoice,
  Price,
  StripeObject,
  Subscription,
  SubscriptionItem,
} from './objects';
import type { EventDestination, ThinEvent } from './objects-v2';
import type { PortalConfiguration } from './objects-portal';
import { presentDiscounting } from './presentation-discount';
import { presentMoney } from './presentation-money';
import { showDestination, showThin } from './thin-events';
import type { World } from './world';
import type { Shown } from './presentation-parts';
import { listOf, without, copyOf } from './presentation-parts';

/** First page of a list within another object, as docs.stripe.com/api/pagination has it. */
const EMBEDDED = 10;
const USAGE_HIDDEN = [
  'id',
  'meter',
  'customer',
  'value',
  'receivedAtMs',
  'isCanceled',
  'isStreamed',
];

const INVOICE_ITEM_HIDDEN = ['created', 'price', 'subscription', 'subscription_item', 'taken'];
const PORTAL_SESSION_HIDDEN = ['secret', 'isFlowDone', 'waitingSetup'];
const SESSION_HIDDEN = ['lines', 'terms', 'waitingCard'];
export const SUBSCRIPTION_HIDDEN = ['cancel_prorates', 'trial_announced', 'waiting_update'];

export function present(world: World, object: StripeObject): Shown {
  switch (object.object) {
    case 'invoice':
      return presentInvoice(world, object as Invoice);
    case 'subscription':
      return presentSubscription(world, object as Subscription);
    case 'customer':
      return presentCustomer(world, object as Customer);
    case 'coupon':
    case 'discount':
    case 'promotion_code':
      return presentDiscounting(world, object);
    case 'subscription_item':
      return presentItem(world, object as SubscriptionItem);
    case 'price':
      return without(object, ['tiers']);
    case 'webhook_endpoint':
      return without(object, ['connect', 'secret']);
    case 'event':
      return without(object, ['happenedAtMs', 'about']);
    case 'billing.meter_event':
      return without(object, USAGE_HIDDEN);
    case 'billing.meter_event_adjustment':
      return without(object, ['id', 'created']);
    case 'checkout.session':
      return without(object, SESSION_HIDDEN);
    case 'billing_portal.session':
      return without(object, PORTAL_SESSION_HIDDEN);
    case 'billing_portal.configuration':
      return withoutProducts(object as PortalConfiguration);
    case 'v2.core.event':
      return showThin(object as ThinEvent);
    case 'v2.core.event_destination':
      return showDestination(object as EventDestination);
    case 'invoiceitem':
      return without(object, INVOICE_ITEM_HIDDEN);
    default:
      return presentMoney(world, object) ?? without(object, []);
  }
}

/** Which products it lets customers change to is shown only where that is asked for. */
function withoutProducts(configuration: PortalConfiguration): Shown {
  const { features } = configuration;
  const update = without(features.subscription_update, ['products']);
  return { ...without(configuration, []), features: { ...features, subscription_update: update } };
}

function presentCustomer(world: World, customer: Customer): Shown {
  const discount = world.store.get('discount', customer.discount ?? '');
  return { ...without(customer, []), discount: discount ? present(world, discount) : null };
}

function presentInvoice(world: World, invoice: Invoice): Shown {
  showDraft(world, invoice);
  const fields = without(invoice, ['ownTerms', 'lines', 'hosted_page']);
  const data = copyOf(invoice.lines.data.slice(0, EMBEDDED));
  const hasMore = invoice.lines.data.length > EMBEDDED;
  const lines = listOf(`/v1/invoices/${invoice.id}/lines`, data, hasMore);
  return { ...fields, ...addressesOf(world, invoice), lines };
}

function presentSubscription(world: World, subscription: Subscription): Shown {
  const items = world.store.subscriptionItems(subscription.id);
  return {
    ...without(subscription, SUBSCRIPTION_HIDDEN),
    items: {
      ...listOf(
        `/v1/subscription_items?subscription=${subscription.id}`,
        items.slice(0, EMBEDDED).map((item) => presentItem(world, item)),
        items.length > EMBEDDED,
      ),
      total_count: items.length,
    },
  };
}

export function presentItem(world: World, item: SubscriptionItem): Shown {
  const price = world.store.get('price', item.price);
  const fields = without(item, ['metered_from', ...(item.quantity === null ? ['quantity'] : [])]);
  return { ...fields, price: price && present(world, price), plan: price && plan(price) };
}

/** The legacy twin of a recurring price that Stripe still shows in items. */
function plan(price: Price): Shown {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval,
    interval_count: price.recurring?.interval_count,
    livemode: false,
    metadata: { ...price.metadata },
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: price.tiers_mode,
    transform_usage: price.transform_quantity,
    trial_period_days: null,
    usage_type: price.recurring?.usage_type,
  };
}
