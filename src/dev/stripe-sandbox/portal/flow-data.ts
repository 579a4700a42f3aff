/**
 * `flow_data`: the one thing that a visit to the portal is for, checked as Stripe checks it before
 * it makes the session. Which messages are Stripe's own says the README.
 */
import type { Customer, Subscription } from '../objects';
import { FLOW_TYPES } from '../objects-portal';
import type { PortalConfiguration, PortalFlow } from '../objects-portal';
import { invalid } from '../protocol/fault';
import { named } from '../protocol/lookup';
import * as p from '../protocol/params';
import type { World } from '../world';
import { assertChange, assertOnePlan } from './plan-choice';

const SUBSCRIPTION = { subscription: p.filled };
const COMPLETION = p.object(
  {
    hosted_confirmation: p.object({ custom_message: p.filled }),
    redirect: p.object({ return_url: p.webUrl }, ['return_url']),
    type: p.oneOf('hosted_confirmation', 'portal_homepage', 'redirect'),
  },
  ['type'],
);
const RETENTION = p.object(
  {
    coupon_offer: p.object({ coupon: p.filled }, ['coupon']),
    type: p.oneOf('coupon_offer'),
  },
  ['coupon_offer', 'type'],
);
const CONFIRMATION = p.object(
  {
    ...SUBSCRIPTION,
    discounts: p.listOf(p.object({ coupon: p.filled, promotion_code: p.filled })),
    items: p.listOf(p.object({ id: p.filled, price: p.filled, quantity: p.positive }, ['id'])),
  },
  ['items', 'subscription'],
);

export const FLOW_DATA = p.object(
  {
    after_completion: COMPLETION,
    subscription_cancel: p.object({ ...SUBSCRIPTION, retention: RETENTION }, ['subscription']),
    subscription_update: p.object(SUBSCRIPTION, ['subscription']),
    subscription_update_confirm: CONFIRMATION,
    type: p.oneOf(...FLOW_TYPES),
  },
  ['type'],
);

type Asked = NonNullable<ReturnType<typeof FLOW_DATA>>;

/** Types that need what is named as they are. */
const DETAILED = ['subscription_cancel', 'subscription_update', 'subscription_update_confirm'];

export function flowOf(
  world: World,
  customer: Customer,
  configuration: PortalConfiguration,
  request: Asked,
): PortalFlow {
  const type = request.type as PortalFlow['type'];
  for (const name of DETAILED) {
    const isThere = request[name as keyof Asked] !== undefined;
    if (isThere === (name === type)) continue;
    const param = `flow_data[${name}]`;
    if (isThere) throw invalid(`${param} cannot be passed with the type ${type}.`, { param });
    throw invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  }
  const { features } = configuration;
  if (type === 'payment_method_update' && !features.payment_method_update.enabled)
    throw isDisabled('The payment method', 'updated', 'payment method update');
  const flow: PortalFlow = {
    type,
    after_completion: completionOf(request.after_completion),
    subscription_cancel: null,
    subscription_update: null,
    subscription_update_confirm: null,
  };
  if (type === 'subscription_cancel')
    flow.subscription_cancel = cancelOf(world, customer, configuration, request);
  if (type === 'subscription_update') {
    const { id } = updatable(world, customer, configuration, request.subscription_update, type);
    flow.subscription_update = { subscription: id };
  }
  if (type === 'subscription_update_confirm')
    flow.subscription_update_confirm = confirmOf(world, customer, configuration, request);
  return flow;
}

function completionOf(request: Asked['after_completion']): PortalFlow['after_completion'] {
  const type = request?.type ?? 'portal_homepage';
  const param = `flow_data[after_completion][${type}]`;
  if (type === 'redirect' && !request?.redirect)
    throw invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  const isHosted = type === 'hosted_confirmation';
  const message = request?.hosted_confirmation?.custom_message ?? null;
  const address = request?.redirect?.return_url ?? '';
  return {
    type,
    hosted_confirmation: isHosted ? { custom_message: message } : null,
    redirect: type === 'redirect' ? { return_url: address } : null,
  };
}

function cancelOf(
  world: World,
  customer: Customer,
  { features }: PortalConfiguration,
  request: Asked,
): NonNullable<PortalFlow['subscription_cancel']> {
  const { retention } = request.subscription_cancel ?? {};
  const subscription = ownSubscription(world, customer, request.subscription_cancel, request.type);
  if (!features.subscription_cancel.enabled)
    throw isDisabled('This subscription', 'canceled', 'subscription cancel');
  if (subscription.cancel_at !== null)
    throw invalid('The subscription is already set to be canceled at period end.');
  const path = 'flow_data[subscription_cancel][retention][coupon_offer][coupon]';
  const coupon = retention && named(world, 'coupon', retention.coupon_offer?.coupon, path).id;
  return {
    subscription: subscription.id,
    retention: coupon ? { type: 'coupon_offer', coupon_offer: { coupon } } : null,
  };
}

function confirmOf(
  world: World,
  customer: Customer,
  configuration: PortalConfiguration,
  request: Asked,
): NonNullable<PortalFlow['subscription_update_confirm']> {
  const confirmation = request.subscription_update_confirm;
  const subscription = updatable(world, customer, configuration, confirmation, request.type);
  const path = 'flow_data[subscription_update_confirm]';
  const [item, ...others] = confirmation?.items ?? [];
  if (!item || others.length > 0)
    throw invalid('Exactly one item can be updated through this flow.', {
      param: `${path}[items]`,
    });
  const change = { id: String(item.id), price: item.price ?? null, quantity: item.quantity };
  assertChange(world, subscription, configuration, change);
  const discounts = confirmation?.discounts?.map(({ coupon, promotion_code: code }, index) => {
    const param = `${path}[discounts][${index}]`;
    if (coupon !== undefined) named(world, 'coupon', coupon, `${param}[coupon]`);
    if (code !== undefined) named(world, 'promotion_code', code, `${param}[promotion_code]`);
    return { coupon: coupon ?? null, promotion_code: code ?? null };
  });
  const { quantity, ...rest } = change;
  return {
    subscription: subscription.id,
    items: [{ ...rest, ...(quantity !== undefined && { quantity }) }],
    discounts: discounts ?? null,
  };
}

function updatable(
  world: World,
  customer: Customer,
  { features }: PortalConfiguration,
  request: { subscription?: string } | undefined,
  type: string | undefined,
): Subscription {
  const subscription = ownSubscription(world, customer, request, type);
  if (!features.subscription_update.enabled)
    throw isDisabled('This subscription', 'updated', 'subscription update');
  assertOnePlan(world, subscription);
  return subscription;
}

function ownSubscription(
  world: World,
  customer: Customer,
  request: { subscription?: string } | undefined,
  type: string | undefined,
): Subscription {
  const param = `flow_data[${type}][subscription]`;
  const subscription = named(world, 'subscription', request?.subscription, param);
  if (subscription.customer !== customer.id)
    throw invalid(`The subscription ${subscription.id} is not of the customer ${customer.id}.`, {
      param,
    });
  if (subscription.ended_at !== null)
    throw invalid(`The subscription ${subscription.id} is ${subscription.status}.`, { param });
  return subscription;
}

/** Stripe's words of a disabled update; of the others we have none, and say the same. */
const isDisabled = (subject: string, verb: string, feature: string) =>
  invalid(
    `${subject} cannot be ${verb} because the ${feature} feature in the portal configuration is ` +
      'disabled.',
  );
