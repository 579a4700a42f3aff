/** Items of subscriptions: listed, added, changed and removed one by one. */
import { makeChanges, planChanges, tellOfChanges } from '../billing/item-changes';
import type { AskedChange, ProrationBehavior } from '../billing/item-changes';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { presentItem } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';

const URL = '/v1/subscription_items';

export const ITEM_FIELDS = {
  metadata: p.metadata,
  price: p.filled,
  quantity: p.positive,
};
export const PRORATION_FIELDS = {
  /** Others would have to undo a change whose payment fails. */
  payment_behavior: p.oneOf('allow_incomplete'),
  proration_behavior: p.oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: p.positive,
};

export const SUBSCRIPTION_ITEM_ROUTES = [
  route(
    `POST ${URL}`,
    { ...ITEM_FIELDS, ...PRORATION_FIELDS, subscription: p.filled },
    ({ world, params }) => {
      const { subscription = '', metadata, price, quantity } = params;
      const known = new Set(world.store.subscriptionItems(subscription).map(({ id }) => id));
      changeItem(world, subscription, { metadata, price, quantity }, params);
      const added = world.store.subscriptionItems(subscription).find(({ id }) => !known.has(id));
      return added && presentItem(world, added);
    },
    ['price', 'subscription'],
  ),
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
  route(
    `POST ${URL}/:id`,
    { ...ITEM_FIELDS, ...PRORATION_FIELDS, off_session: p.bool },
    ({ world, params, path }) => {
      const { id, subscription } = stored(world, 'subscription_item', path.id);
      const { metadata, price, quantity } = params;
      changeItem(world, subscription, { id, metadata, price, quantity }, params);
      return presentItem(world, stored(world, 'subscription_item', id));
    },
  ),
  route(`DELETE ${URL}/:id`, PRORATION_FIELDS, ({ world, params, path }) => {
    const { id, subscription } = stored(world, 'subscription_item', path.id);
    changeItem(world, subscription, { id, deleted: true }, params);
    return { id, object: 'subscription_item', deleted: true };
  }),
];

function changeItem(
  world: World,
  subscriptionId: string,
  asked: AskedChange,
  terms: { proration_behavior?: ProrationBehavior; proration_date?: number },
): void {
  const subscription = named(world, 'subscription', subscriptionId, 'subscription');
  if (subscription.ended_at !== null) {
    throw invalid(`The subscription ${subscription.id} is ${subscription.status}: its items stay.`);
  }
  const customer = namedCustomer(world, subscription.customer);
  const behavior = terms.proration_behavior;
  const plan = planChanges(world, subscription, customer, [asked], {
    behavior,
    prorationDate: terms.proration_date,
  });
  const previous = makeChanges(world, subscription, customer, plan, behavior);
  tellOfChanges(world, subscription, previous);
}
