/** Which plans a customer of the portal may change to, and what a change comes to. */
import type { Subscription } from '../objects';
import type { PortalConfiguration, PortalFlow } from '../objects-portal';
import { invalid } from '../protocol/fault';
import type { World } from '../world';

export interface PlanChoice {
  id: string;
  price: string | null;
  quantity?: number;
}

/** "Subscriptions with multiple items are not updatable": the type of the flow's items says so. */
export function assertOnePlan(world: World, subscription: Subscription): void {
  const { length } = world.store.subscriptionItems(subscription.id);
  if (length === 1) return;
  throw invalid(
    `The subscription ${subscription.id} cannot be updated because it has ${length} items.`,
  );
}

export function assertChange(
  world: World,
  subscription: Subscription,
  { id, features }: PortalConfiguration,
  { id: itemId, price, quantity }: PlanChoice,
): void {
  const path = 'flow_data[subscription_update_confirm][items][0]';
  const item = world.store.subscriptionItems(subscription.id).find((one) => one.id === itemId);
  if (!item)
    throw invalid(`The subscription ${subscription.id} has no item ${itemId}.`, {
      param: `${path}[id]`,
    });
  const { products, default_allowed_updates: updates } = features.subscription_update;
  const isNewPrice = price !== null && price !== item.price;
  const isNewQuantity = quantity !== undefined && quantity !== item.quantity;
  if (!isNewPrice && !isNewQuantity)
    throw invalid('The subscription cannot be updated because there are no changes to confirm.');
  const isOffered = products.some(({ prices }) => prices.includes(price ?? item.price));
  if (isNewPrice && (!isOffered || !updates.includes('price')))
    throw invalid(
      `The item \`${itemId}\` cannot be updated to price \`${price}\` because the configuration ` +
        `\`${id}\` does not include the price in its \`features[subscription_update][products]\`.`,
    );
  if (isNewQuantity && !updates.includes('quantity'))
    throw invalid(
      `The quantity of the item \`${itemId}\` cannot be updated because the configuration ` +
        `\`${id}\` does not allow it.`,
      { param: `${path}[quantity]` },
    );
}

/** Other prices than the one that is paid now, in the order of the configuration. */
export function offeredPrices(
  world: World,
  subscription: Subscription,
  { features }: PortalConfiguration,
): string[] {
  const { enabled, products, default_allowed_updates: updates } = features.subscription_update;
  const items = world.store.subscriptionItems(subscription.id);
  if (!enabled || items.length !== 1 || !updates.includes('price')) return [];
  return products
    .flatMap(({ prices }) => prices)
    .filter((price) => price !== items[0]?.price)
    .filter((price) => world.store.get('price', price)?.currency === subscription.currency);
}

/** As the API takes the change, with what the configuration says of its payment. */
export function changeParams(
  { features }: PortalConfiguration,
  subscription: Subscription,
  { id, price, quantity }: PlanChoice,
): Record<string, string> {
  const { proration_behavior: behavior, trial_update_behavior: trial } =
    features.subscription_update;
  const endsTrial = subscription.status === 'trialing' && trial === 'end_trial';
  return {
    'items[0][id]': id,
    ...(price !== null && { 'items[0][price]': price }),
    ...(quantity !== undefined && { 'items[0][quantity]': String(quantity) }),
    proration_behavior: behavior,
    ...(features.subscription_update.billing_cycle_anchor === 'now' && {
      billing_cycle_anchor: 'now',
    }),
    ...(endsTrial && { trial_end: 'now' }),
  };
}

/** The first choice of a flow's confirmation. */
export const choiceOf = (flow: PortalFlow | null): PlanChoice | undefined =>
  flow?.subscription_update_confirm?.items[0];
