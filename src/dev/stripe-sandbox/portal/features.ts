/** What a configuration of the portal lets customers do: as it is asked for, and as it is kept. */
import { PLAN_UPDATES, PORTAL_CUSTOMER_UPDATES, PORTAL_PRORATIONS } from '../objects-portal';
import type { PortalFeatures, PortalProduct } from '../objects-portal';
import { invalid } from '../protocol/fault';
import { named } from '../protocol/lookup';
import * as p from '../protocol/params';
import type { World } from '../world';

const PRODUCTS_MAX = 10;

/** Switches that the portal's page does not have can only be off. */
const offSwitch: p.Check<false> = (value, path) => {
  if (!p.bool(value, path)) return false;
  throw invalid(`The sandbox's portal does not do ${path}: it can only be false.`, {
    param: path,
  });
};
/** Nothing is put off to the period's end: that would need schedules. */
const noConditions: p.Check<never[]> = (value, path) => {
  if (value === '') return [];
  throw invalid(`The sandbox's portal makes no schedules: ${path} can only be empty.`, {
    param: path,
  });
};
const SWITCH = p.object({ enabled: p.bool }, ['enabled']);
const PRODUCT = p.object(
  {
    adjustable_quantity: p.object({ enabled: p.bool, maximum: p.positive, minimum: p.positive }),
    prices: p.listOf(p.filled),
    product: p.filled,
  },
  ['prices', 'product'],
);

export const FEATURES = p.object({
  customer_update: p.object({
    allowed_updates: p.listOf(p.oneOf(...PORTAL_CUSTOMER_UPDATES)),
    enabled: p.bool,
  }),
  invoice_history: SWITCH,
  payment_method_update: SWITCH,
  subscription_cancel: p.object({
    cancellation_reason: p.object({ enabled: offSwitch, options: p.listOf(p.text) }),
    enabled: p.bool,
    mode: p.oneOf('at_period_end', 'immediately'),
    proration_behavior: p.oneOf(...PORTAL_PRORATIONS),
  }),
  subscription_update: p.object({
    billing_cycle_anchor: p.oneOf('now', 'unchanged'),
    default_allowed_updates: p.listOf(p.oneOf(...PLAN_UPDATES)),
    enabled: p.bool,
    products: p.listOf(PRODUCT),
    proration_behavior: p.oneOf(...PORTAL_PRORATIONS),
    schedule_at_period_end: p.object({ conditions: noConditions }),
    trial_update_behavior: p.oneOf('continue_trial', 'end_trial'),
  }),
});

export const NO_FEATURES: PortalFeatures = {
  customer_update: { allowed_updates: [], enabled: false },
  invoice_history: { enabled: false },
  payment_method_update: { enabled: false, payment_method_configuration: null },
  subscription_cancel: {
    cancellation_reason: { enabled: false, options: [] },
    enabled: false,
    mode: 'at_period_end',
    proration_behavior: 'none',
  },
  subscription_update: {
    billing_cycle_anchor: null,
    default_allowed_updates: [],
    enabled: false,
    products: [],
    proration_behavior: 'none',
    schedule_at_period_end: { conditions: [] },
    trial_update_behavior: 'end_trial',
  },
};

type Asked = NonNullable<ReturnType<typeof FEATURES>>;

export function featuresOf(world: World, features: PortalFeatures, changes: Asked): PortalFeatures {
  const next: PortalFeatures = {
    customer_update: { ...features.customer_update, ...changes.customer_update },
    invoice_history: { ...features.invoice_history, ...changes.invoice_history },
    payment_method_update: { ...features.payment_method_update, ...changes.payment_method_update },
    subscription_cancel: cancelFeature(features, changes),
    subscription_update: updateFeature(world, features, changes),
  };
  assertUpdatable(next);
  return next;
}

function updateFeature(world: World, features: PortalFeatures, changes: Asked) {
  const { products, ...update } = changes.subscription_update ?? {};
  const { schedule_at_period_end: schedule } = features.subscription_update;
  return {
    ...features.subscription_update,
    ...update,
    schedule_at_period_end: schedule,
    ...(products && { products: productsOf(world, products) }),
  };
}

/** Nothing is credited for the rest of a period that is used up, nor invoiced by a cancellation. */
function cancelFeature(features: PortalFeatures, changes: Asked) {
  const { enabled, mode, proration_behavior: behavior } = changes.subscription_cancel ?? {};
  const feature = features.subscription_cancel;
  const param = 'features[subscription_cancel][proration_behavior]';
  const isNow = (mode ?? feature.mode) === 'immediately';
  if (behavior === 'always_invoice' || (behavior === 'create_prorations' && !isNow))
    throw invalid(`${param} cannot be ${behavior}: only none, or a credit where it ends at once.`, {
      param,
    });
  return {
    ...feature,
    ...(enabled !== undefined && { enabled }),
    ...(mode && { mode }),
    ...(behavior && { proration_behavior: behavior }),
  };
}

/**
 * The first message is Stripe's: github.com/nextjs/saas-starter/issues/68. Its name for what is
 * missing is as it names any parameter.
 */
function assertUpdatable(features: PortalFeatures): void {
  const { enabled, products, default_allowed_updates: updates } = features.subscription_update;
  if (!enabled) return;
  if (!features.payment_method_update.enabled)
    throw invalid('Cannot enable subscription updates while payment method update is disabled.');
  const absent = products.length === 0 ? 'products' : 'default_allowed_updates';
  if (products.length > 0 && updates.length > 0) return;
  const param = `features[subscription_update][${absent}]`;
  throw invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
}

function productsOf(
  world: World,
  products: NonNullable<NonNullable<Asked['subscription_update']>['products']>,
): PortalProduct[] {
  const path = 'features[subscription_update][products]';
  if (products.length > PRODUCTS_MAX)
    throw invalid(`${path} has ${products.length} products: ${PRODUCTS_MAX} is the most.`, {
      param: path,
    });
  return products.map(({ adjustable_quantity: quantity, prices = [], product }, index) => {
    const { id } = named(world, 'product', product, `${path}[${index}][product]`);
    for (const [at, price] of prices.entries()) {
      const param = `${path}[${index}][prices][${at}]`;
      if (named(world, 'price', price, param).product !== id)
        throw invalid(`The price ${price} is not of the product ${id}.`, { param });
    }
    const { enabled = false, maximum = null, minimum = 1 } = quantity ?? {};
    return { adjustable_quantity: { enabled, maximum, minimum }, prices, product: id };
  });
}
