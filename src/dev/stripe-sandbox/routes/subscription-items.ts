/** Items of subscriptions: listed, and changed through their subscription. */
import { currentPeriod } from '../billing/cycle';
import { pricesOf } from '../billing/start';
import type { Subscription } from '../objects';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { presentItem } from '../presentation';
import { route } from '../protocol/router';
import { newItem } from '../shapes/subscription';
import { clockNow } from '../world';
import type { World } from '../world';

const URL = '/v1/subscription_items';

export const ITEM_FIELDS = {
  metadata: p.metadata,
  price: p.filled,
  quantity: p.positive,
};

export const SUBSCRIPTION_ITEM_ROUTES = [
  route(
    `GET ${URL}`,
    { ...p.PAGE, subscription: p.filled },
    ({ world, params }) => {
      const items = world.store.subscriptionItems(params.subscription ?? '');
      return page(URL, items, params, (item) => presentItem(world, item));
    },
    ['subscription'],
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    presentItem(world, stored(world, 'subscription_item', path.id)),
  ),
];

interface AskedChange {
  id?: string;
  deleted?: boolean;
  price?: string;
  quantity?: number;
  metadata?: Record<string, string> | null;
}

/** Returns what `previous_attributes` shows of the items. */
export function updateItems(
  world: World,
  subscription: Subscription,
  asked: readonly AskedChange[],
  prorationBehavior: string | undefined,
): Record<string, unknown> {
  const items = world.store.subscriptionItems(subscription.id);
  const shownBefore = items.map((item) => presentItem(world, item));
  const changesLicensed = asked.some((one) => touchesLicensed(world, one));
  if (changesLicensed && prorationBehavior !== 'none') {
    throw invalid(
      'The sandbox does not prorate yet: pass proration_behavior=none to change licensed items.',
      { param: 'proration_behavior' },
    );
  }
  for (const one of asked) updateItem(world, subscription, one);
  if (world.store.subscriptionItems(subscription.id).length === 0)
    throw invalid('A subscription must have at least one item.', { param: 'items' });
  return { items: { data: shownBefore } };
}

function updateItem(world: World, subscription: Subscription, asked: AskedChange): void {
  if (asked.id === undefined) {
    const [price] = pricesOf(world, [asked]);
    const period = currentPeriod(world.store.subscriptionItems(subscription.id));
    const now = clockNow(world, subscription.test_clock);
    if (price)
      world.store.put('subscription_item', newItem(subscription, price, asked, period, now));
    return;
  }
  const item = stored(world, 'subscription_item', asked.id);
  if (item.subscription !== subscription.id) {
    throw invalid(`The item ${item.id} does not belong to ${subscription.id}.`, { param: 'items' });
  }
  if (asked.deleted) {
    world.store.remove('subscription_item', item.id);
    return;
  }
  if (asked.price !== undefined) item.price = pricesOf(world, [asked])[0]?.id ?? item.price;
  if (asked.quantity !== undefined) item.quantity = asked.quantity;
  item.metadata = p.mergeMetadata(item.metadata, asked.metadata);
  world.store.put('subscription_item', item);
}

function touchesLicensed(world: World, asked: AskedChange): boolean {
  const ids = [asked.price, world.store.get('subscription_item', asked.id ?? '')?.price];
  const isPriced = asked.price !== undefined || asked.quantity !== undefined || asked.deleted;
  return (
    Boolean(isPriced) &&
    ids.some((id) => world.store.get('price', id ?? '')?.recurring?.usage_type === 'licensed')
  );
}
