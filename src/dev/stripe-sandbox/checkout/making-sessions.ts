/** Which parameters a session takes, and how it is made of them. */
import { pricesOf } from '../billing/start';
import { SUBSCRIPTION_TERMS } from '../connect/billing-terms';
import { DISCOUNTS } from '../discounts/redeeming';
import { newId } from '../identifiers';
import type { CheckoutSession } from '../objects-checkout';
import { invalid } from '../protocol/fault';
import { namedCustomer } from '../protocol/lookup';
import * as p from '../protocol/params';
import { newCheckoutSession } from '../shapes/checkout-session';
import { accountNow } from '../world';
import type { World } from '../world';
import { discountsOfLines, setDiscount } from './session-discount';
import { isMetered, pricedLines } from './session-lines';

const HOUR_S = 3600;
/** docs.stripe.com/api/checkout/sessions/create: "a maximum of 20 line items with recurring". */
const LINES_MAX = 20;

const SUBSCRIPTION_DATA = p.object({
  ...SUBSCRIPTION_TERMS,
  billing_mode: p.object(
    {
      type: p.oneOf('classic', 'flexible'),
      flexible: p.object({ proration_discounts: p.oneOf('included', 'itemized') }),
    },
    ['type'],
  ),
  description: p.text,
  metadata: p.metadata,
  trial_period_days: p.positive,
  trial_settings: p.object({
    end_behavior: p.object({
      missing_payment_method: p.oneOf('cancel', 'create_invoice', 'pause'),
    }),
  }),
});

export const SESSION_FIELDS = {
  allow_promotion_codes: p.bool,
  billing_address_collection: p.oneOf('auto', 'required'),
  cancel_url: p.webUrl,
  client_reference_id: p.filled,
  currency: p.filled,
  customer: p.filled,
  customer_email: p.filled,
  customer_update: p.object({ address: p.text, name: p.text }),
  discounts: DISCOUNTS,
  expires_at: p.positive,
  line_items: p.listOf(p.object({ price: p.filled, quantity: p.positive })),
  locale: p.filled,
  metadata: p.metadata,
  mode: p.oneOf('payment', 'setup', 'subscription'),
  payment_method_collection: p.oneOf('always', 'if_required'),
  setup_intent_data: p.object({ description: p.text, metadata: p.metadata }),
  subscription_data: SUBSCRIPTION_DATA,
  success_url: p.webUrl,
  ui_mode: p.oneOf('hosted_page'),
};
type Asked = p.Parsed<typeof SESSION_FIELDS>;

export function makeSession(world: World, params: Asked, origin: string): CheckoutSession {
  const { mode = 'payment' } = params;
  if (mode === 'payment')
    throw invalid('The sandbox has no Checkout in payment mode.', { param: 'mode' });
  const now = accountNow(world);
  const items = itemsOf(params, mode);
  const prices = mode === 'subscription' ? pricesOf(world, items) : [];
  const customer = params.customer === undefined ? null : namedCustomer(world, params.customer).id;
  if (customer !== null && params.customer_email !== undefined)
    throw invalid('You may only specify one of these parameters: customer, customer_email.');
  const session = newCheckoutSession({
    ...{ mode, now, origin },
    expiresAt: expiryOf(params.expires_at, now),
    successUrl: params.success_url ?? '',
    lines: prices.map((price, index) => ({
      id: newId('li'),
      price: price.id,
      quantity: isMetered(price) ? null : (items[index]?.quantity ?? 1),
    })),
    terms: params.subscription_data ?? {},
    given: {
      allow_promotion_codes: params.allow_promotion_codes ?? null,
      billing_address_collection: params.billing_address_collection ?? null,
      cancel_url: params.cancel_url ?? null,
      client_reference_id: params.client_reference_id ?? null,
      currency: prices[0]?.currency ?? params.currency ?? null,
      ...{ customer, ...(customer !== null && { customer_creation: null }) },
      customer_email: params.customer_email ?? null,
      locale: params.locale ?? null,
      metadata: p.mergeMetadata({}, params.metadata),
      ...(params.payment_method_collection && {
        payment_method_collection: params.payment_method_collection,
      }),
    },
  });
  withAmounts(world, session);
  setDiscount(world, session, params.discounts ?? []);
  return withAmounts(world, session);
}

function itemsOf(params: Asked, mode: CheckoutSession['mode']) {
  const { line_items: items = [], currency } = params;
  if (mode === 'setup') {
    if (items.length > 0)
      throw invalid('You can not pass `line_items` in `setup` mode.', { param: 'line_items' });
    if (currency === undefined)
      throw invalid('In `setup` mode `currency` must be passed.', { param: 'currency' });
    if (params.subscription_data)
      throw invalid('You can not pass `subscription_data` in `setup` mode.', {
        param: 'subscription_data',
      });
    return [];
  }
  if (items.length === 0)
    throw invalid('`line_items` is required in `subscription` mode.', { param: 'line_items' });
  if (items.length > LINES_MAX)
    throw invalid(`A session may have at most ${LINES_MAX} recurring line items.`, {
      param: 'line_items',
    });
  return items;
}

function expiryOf(expiresAt: number | undefined, now: number): number {
  const time = expiresAt ?? now + 24 * HOUR_S;
  if (time >= now + HOUR_S / 2 && time <= now + 24 * HOUR_S) return time;
  throw invalid(
    'The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from Checkout ' +
      'Session creation.',
    { param: 'expires_at' },
  );
}

export function withAmounts(world: World, session: CheckoutSession): CheckoutSession {
  if (session.mode === 'setup') return session;
  const lines = pricedLines(world, session);
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0);
  const off = discountsOfLines(world, session, lines).reduce((sum, part) => sum + part, 0);
  return Object.assign(session, {
    ...{ amount_subtotal: subtotal, amount_total: subtotal - off },
    total_details: { amount_discount: off, amount_shipping: 0, amount_tax: 0 },
  });
}
