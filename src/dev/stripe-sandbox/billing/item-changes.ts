/** Changes of a subscription's items, planned and priced: to be made, or only previewed. */
import type { Customer, Subscription, SubscriptionItem } from '../objects';
import type { InvoiceItem } from '../objects-invoice-item';
import { invalid } from '../protocol/fault';
import { stored } from '../protocol/lookup';
import { mergeMetadata } from '../protocol/params';
import { newItem } from '../shapes/subscription';
import { customerNow } from '../world';
import type { World } from '../world';
import { currentPeriod } from './cycle';
import { isMetered, prorations } from './proration';
import type { ItemChange } from './proration';
import { pricesOf } from './start';

export interface AskedChange {
  id?: string;
  deleted?: boolean;
  price?: string;
  quantity?: number;
  metadata?: Record<string, string> | null;
}

export type ProrationBehavior = 'always_invoice' | 'create_prorations' | 'none';

export interface Plan {
  changes: ItemChange[];
  /** All items as they will be. */
  items: SubscriptionItem[];
  /** The intervals differ, or it was asked for: a new period begins with the change. */
  restarts: boolean;
  pending: InvoiceItem[];
  at: number;
}

export interface Terms {
  behavior?: ProrationBehavior;
  prorationDate?: number;
  restarts?: boolean;
}

/** Nothing is stored yet. */
export function planChanges(
  world: World,
  subscription: Subscription,
  customer: Customer,
  asked: readonly AskedChange[],
  terms: Terms,
): Plan {
  const current = world.store.subscriptionItems(subscription.id);
  const now = customerNow(world, customer);
  const at = prorationTime(current, terms.prorationDate, now);
  assertOnce(asked);
  const changes = asked.map((one) => planned(world, subscription, current, one, at));
  const touched = new Map(changes.map(({ before, after }) => [before?.id, after]));
  const kept = current.map((item) => (touched.has(item.id) ? touched.get(item.id) : item));
  const added = changes.filter(({ before }) => before === null).map(({ after }) => after);
  const items = [...kept, ...added].filter((item) => item !== null && item !== undefined);
  if (items.length === 0)
    throw invalid('A subscription must have at least one item.', { param: 'items' });
  pricesOf(
    world,
    items.map(({ price }) => ({ price })),
  );
  const restarts =
    (terms.restarts ?? false) || intervalOf(world, items) !== intervalOf(world, current);
  const whole = restarts ? restarted(world, current, changes) : changes;
  const behavior = terms.behavior ?? 'create_prorations';
  const pending = behavior === 'none' ? [] : prorations(world, subscription, customer, whole, at);
  return { changes, items, restarts, pending, at };
}

function assertOnce(asked: readonly AskedChange[]): void {
  const ids = asked.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw invalid(`The subscription item ${twice} is named twice.`, { param: 'items' });
}

function planned(
  world: World,
  subscription: Subscription,
  current: readonly SubscriptionItem[],
  asked: AskedChange,
  at: number,
): ItemChange {
  if (asked.id === undefined) {
    const [price] = pricesOf(world, [asked]);
    if (!price) throw invalid('A new item needs a price.', { param: 'items' });
    const period = currentPeriod(current);
    const after = newItem(subscription, price, asked, period, at);
    return { before: null, after: { ...after, metered_from: at } };
  }
  const item = stored(world, 'subscription_item', asked.id);
  if (item.subscription !== subscription.id)
    throw invalid(`The item ${item.id} does not belong to ${subscription.id}.`, { param: 'items' });
  const before = structuredClone(item);
  if (asked.deleted) return { before, after: null };
  const after = structuredClone(item);
  const [price] = asked.price === undefined ? [] : pricesOf(world, [asked]);
  if (price && price.id !== item.price) {
    Object.assign(after, { price: price.id, metered_from: at });
    const wasMetered = isMetered(world, item);
    const meters = price.recurring?.usage_type === 'metered';
    if (wasMetered !== meters) after.quantity = meters ? null : 1;
  }
  if (asked.quantity !== undefined) {
    if (isMetered(world, after)) {
      throw invalid('Metered prices take no quantity: usage comes from meter events.', {
        param: 'items',
      });
    }
    after.quantity = asked.quantity;
  }
  after.metadata = mergeMetadata(after.metadata, asked.metadata);
  return { before, after };
}

function prorationTime(
  items: readonly SubscriptionItem[],
  asked: number | undefined,
  now: number,
): number {
  if (asked === undefined) return now;
  const { start, end } = currentPeriod(items);
  if (asked >= start && asked <= end) return asked;
  throw invalid(`proration_date (${asked}) must be within the current period (${start}–${end}).`, {
    param: 'proration_date',
  });
}

function intervalOf(world: World, items: readonly SubscriptionItem[]): string {
  const recurring = world.store.get('price', items[0]?.price ?? '')?.recurring;
  return `${recurring?.interval_count} ${recurring?.interval}`;
}

/** A new period credits everything licensed, and its invoice then charges it in full. */
function restarted(
  world: World,
  current: readonly SubscriptionItem[],
  changes: readonly ItemChange[],
): ItemChange[] {
  const swapped = changes.filter(({ before }) => before && isMetered(world, before));
  const licensed = current.filter((item) => !isMetered(world, item));
  return [
    ...licensed.map((item) => ({ before: structuredClone(item), after: null })),
    ...swapped.map(({ before, after }) => ({ before, after })),
  ];
}
