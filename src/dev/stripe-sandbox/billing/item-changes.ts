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
  changeRequests: readonly AskedChange[],
  terms: Terms,
): Plan {
  const currentItems = world.store.subscriptionItems(subscription.id);
  const now = customerNow(world, customer);
  const time = prorationTime(currentItems, terms.prorationDate, now);
  assertOnce(changeRequests);
  const changes = changeRequests.map((one) =>
    planned(world, subscription, currentItems, one, time),
  );
  const changedItems = new Map(changes.map(({ before, after }) => [before?.id, after]));
  const remainingItems = currentItems.map((item) =>
    changedItems.has(item.id) ? changedItems.get(item.id) : item,
  );
  const newItems = changes.filter(({ before }) => before === null).map(({ after }) => after);
  const items = [...remainingItems, ...newItems].filter(
    (item) => item !== null && item !== undefined,
  );
  if (items.length === 0)
    throw invalid('A subscription must have at least one item.', { param: 'items' });
  pricesOf(
    world,
    items.map(({ price }) => ({ price })),
  );
  const restarts =
    (terms.restarts ?? false) || intervalOf(world, items) !== intervalOf(world, currentItems);
  const allChanges = restarts ? restarted(world, currentItems, changes) : changes;
  const behavior = terms.behavior ?? 'create_prorations';
  const pendingItems =
    behavior === 'none' ? [] : prorations(world, subscription, customer, allChanges, time);
  return { changes, items, restarts, pending: pendingItems, at: time };
}

function assertOnce(changeRequests: readonly AskedChange[]): void {
  const ids = changeRequests.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const repeatedId = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeatedId !== undefined)
    throw invalid(`The subscription item ${repeatedId} is named twice.`, { param: 'items' });
}

function planned(
  world: World,
  subscription: Subscription,
  currentItems: readonly SubscriptionItem[],
  changeRequest: AskedChange,
  time: number,
): ItemChange {
  if (changeRequest.id === undefined) {
    const [price] = pricesOf(world, [changeRequest]);
    if (!price) throw invalid('A new item needs a price.', { param: 'items' });
    const period = currentPeriod(currentItems);
    const newItemState = newItem(subscription, price, changeRequest, period, time);
    return { before: null, after: { ...newItemState, metered_from: time } };
  }
  const item = stored(world, 'subscription_item', changeRequest.id);
  if (item.subscription !== subscription.id)
    throw invalid(`The item ${item.id} does not belong to ${subscription.id}.`, { param: 'items' });
  const earlierItem = structuredClone(item);
  if (changeRequest.deleted) return { before: earlierItem, after: null };
  const changedItem = structuredClone(item);
  const [price] = changeRequest.price === undefined ? [] : pricesOf(world, [changeRequest]);
  if (price && price.id !== item.price) {
    Object.assign(changedItem, { price: price.id, metered_from: time });
    const wasMetered = isMetered(world, item);
    const meters = price.recurring?.usage_type === 'metered';
    if (wasMetered !== meters) changedItem.quantity = meters ? null : 1;
  }
  if (changeRequest.quantity !== undefined) {
    if (isMetered(world, changedItem)) {
      throw invalid('Metered prices take no quantity: usage comes from meter events.', {
        param: 'items',
      });
    }
    changedItem.quantity = changeRequest.quantity;
  }
  changedItem.metadata = mergeMetadata(changedItem.metadata, changeRequest.metadata);
  return { before: earlierItem, after: changedItem };
}

function prorationTime(
  items: readonly SubscriptionItem[],
  requestedTime: number | undefined,
  now: number,
): number {
  if (requestedTime === undefined) return now;
  const { start, end } = currentPeriod(items);
  if (requestedTime >= start && requestedTime <= end) return requestedTime;
  throw invalid(
    `proration_date (${requestedTime}) must be within the current period (${start}–${end}).`,
    {
      param: 'proration_date',
    },
  );
}

function intervalOf(world: World, items: readonly SubscriptionItem[]): string {
  const recurring = world.store.get('price', items[0]?.price ?? '')?.recurring;
  return `${recurring?.interval_count} ${recurring?.interval}`;
}

/** A new period credits everything licensed, and its invoice then charges it in full. */
function restarted(
  world: World,
  currentItems: readonly SubscriptionItem[],
  changes: readonly ItemChange[],
): ItemChange[] {
  const meteredChanges = changes.filter(({ before }) => before && isMetered(world, before));
  const licensedItems = currentItems.filter((item) => !isMetered(world, item));
  return [
    ...licensedItems.map((item) => ({ before: structuredClone(item), after: null })),
    ...meteredChanges.map(({ before, after }) => ({ before, after })),
  ];
}
