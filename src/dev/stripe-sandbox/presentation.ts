/**
 * A stored object as Stripe shows it: items within their subscription, prices within items,
 * a draft's metered lines as of now, and without what is only shown when expanded.
 */
import { refreshDraft } from './billing/draft';
import type { Invoice, Price, StripeObject, Subscription, SubscriptionItem } from './objects';
import type { EventDestination, ThinEvent } from './objects-v2';
import { presentMoney } from './presentation-money';
import { showDestination, showThin } from './thin-events';
import type { World } from './world';

const LINES_SHOWN = 10;
const USAGE_HIDDEN = ['id', 'meter', 'customer', 'value', 'receivedAtMs', 'isCanceled'];

export type Shown = Record<string, unknown>;

export function present(world: World, stored: StripeObject): Shown {
  switch (stored.object) {
    case 'invoice':
      return presentInvoice(world, stored as Invoice);
    case 'subscription':
      return presentSubscription(world, stored as Subscription);
    case 'subscription_item':
      return presentItem(world, stored as SubscriptionItem);
    case 'price':
      return without(stored, ['tiers']);
    case 'webhook_endpoint':
      return without(stored, ['connect', 'secret']);
    case 'event':
      return without(stored, ['happenedAtMs']);
    case 'billing.meter_event':
      return without(stored, USAGE_HIDDEN);
    case 'billing.meter_event_adjustment':
      return without(stored, ['id', 'created']);
    case 'billing_portal.session':
      return without(stored, ['secret']);
    case 'v2.core.event':
      return showThin(stored as ThinEvent);
    case 'v2.core.event_destination':
      return showDestination(stored as EventDestination);
    case 'invoiceitem':
      return without(stored, ['created', 'price', 'subscription', 'subscription_item']);
    default:
      return presentMoney(world, stored) ?? without(stored, []);
  }
}

export function listOf(url: string, data: readonly unknown[], hasMore = false): Shown {
  return { object: 'list', data, has_more: hasMore, url };
}

export function without(stored: object, fields: readonly string[]): Shown {
  const shown: Shown = { ...stored };
  delete shown.owner;
  for (const field of fields) delete shown[field];
  return copyOf(shown);
}

/** What is shown becomes JSON in the end; as such it is copied several times faster. */
const copyOf = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

function presentInvoice(world: World, invoice: Invoice): Shown {
  refreshDraft(world, invoice);
  const shown = without(invoice, ['ownTerms', 'lines']);
  const data = copyOf(invoice.lines.data.slice(0, LINES_SHOWN));
  const hasMore = invoice.lines.data.length > LINES_SHOWN;
  return { ...shown, lines: listOf(`/v1/invoices/${invoice.id}/lines`, data, hasMore) };
}

function presentSubscription(world: World, subscription: Subscription): Shown {
  const items = world.store.subscriptionItems(subscription.id);
  return {
    ...without(subscription, ['cancel_prorates', 'trial_announced']),
    items: {
      ...listOf(
        `/v1/subscription_items?subscription=${subscription.id}`,
        items.map((item) => presentItem(world, item)),
      ),
      total_count: items.length,
    },
  };
}

export function presentItem(world: World, item: SubscriptionItem): Shown {
  const price = world.store.get('price', item.price);
  const shown = without(item, ['metered_from', ...(item.quantity === null ? ['quantity'] : [])]);
  return { ...shown, price: price && present(world, price), plan: price && plan(price) };
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
