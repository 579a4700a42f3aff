/** Items of subscriptions: listed, added, changed and removed one by one. */
import { planChanges } from '../billing/item-changes';
import type { AskedChange, ProrationBehavior } from '../billing/item-changes';
import { makeChanges, tellOfChanges, UPDATE_BEHAVIORS } from '../billing/making-changes';
import type { ChangeTerms } from '../billing/making-changes';
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
  payment_behavior: p.oneOf(...UPDATE_BEHAVIORS),
  proration_behavior: p.oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: p.positive,
};

export const SUBSCRIPTION_ITEM_ROUTES = [
  route(
    `POST ${URL}`,
    { ...ITEM_FIELDS, ...PRORATION_FIELDS, subscription: p.filled },
    ({ world, params }) => {
      const { subscription = '', metadata, price, quantity } = params;
      const earlierIds = new Set(world.store.subscriptionItems(subscription).map(({ id }) => id));
      changeItem(world, subscription, { metadata, price, quantity }, params);
      const newItem = world.store
        .subscriptionItems(subscription)
        .find(({ id }) => !earlierIds.has(id));
      return newItem && presentItem(world, newItem);
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
  changeRequest: AskedChange,
  terms: {
    payment_behavior?: ChangeTerms['payment'];
    proration_behavior?: ProrationBehavior;
    proration_date?: number;
  },
): void {
  const payment = terms.payment_behavior;
  if (payment === 'pending_if_incomplete' && changeRequest.metadata !== undefined)
    throw unsupportedWhenPending(['metadata']);
  const subscription = named(world, 'subscription', subscriptionId, 'subscription');
  if (subscription.ended_at !== null) {
    throw invalid(`The subscription ${subscription.id} is ${subscription.status}: its items stay.`);
  }
  const customer = namedCustomer(world, subscription.customer);
  const behavior = terms.proration_behavior;
  const plan = planChanges(world, subscription, customer, [changeRequest], {
    behavior,
    prorationDate: terms.proration_date,
  });
  const earlierState = structuredClone(subscription);
  const previousValues = makeChanges(world, subscription, customer, plan, { behavior, payment });
  for (const field of ['status', 'latest_invoice', 'pending_update'])
    if (earlierState[field] !== subscription[field]) previousValues[field] = earlierState[field];
  tellOfChanges(world, subscription, previousValues);
}

/** docs.stripe.com/billing/subscriptions/pending-updates#supported-attributes lists them. */
export function unsupportedWhenPending(fields: readonly string[]): Error {
  return invalid(
    'When `payment_behavior` is `pending_if_incomplete`, you can only pass parameters that ' +
      `pending updates support: ${fields.join(', ')} cannot be updated so.`,
    { param: fields[0] },
  );
}
