/**
 * An account whose customers subscribed before there was Tollkeeper, of many kinds: which of them
 * can be taken over is known here without any rule of the import.
 */
import type Stripe from 'stripe';
import { eachOf } from './show-progress';

/** Kind → the plan that it becomes, or the reason why it becomes none. */
export const KINDS = {
  starter: { plan: 'starter' },
  pro: { plan: 'pro' },
  free: { plan: 'pay_as_you_go' },
  annual: { reason: 'not_monthly' },
  twoItems: { reason: 'several_items' },
  foreignPrice: { reason: 'unknown_price' },
  euros: { reason: 'other_currency' },
  trial: { reason: 'trialing' },
  canceled: { reason: 'ended' },
  paused: { reason: 'paused' },
  ending: { reason: 'ending' },
  seats: { reason: 'quantity' },
  classic: { reason: 'classic' },
  unpaid: { reason: 'incomplete' },
} as const satisfies Readonly<Record<string, { plan: string } | { reason: string }>>;

export type Kind = keyof typeof KINDS;
export const KIND_NAMES = Object.keys(KINDS) as Kind[];

export interface ExistingSubscription {
  readonly kind: Kind;
  readonly subscription: string;
  readonly stripeCustomer: string;
  /** The id that the app has for them, in the metadata of the customer at Stripe. */
  readonly customer: string;
}

type Prices = Readonly<Record<'starter' | 'pro' | 'free' | 'annual' | 'odd' | 'euros', string>>;

/** Which plan a kind becomes where classic billing mode is migrated. null: none. */
export function planOf(kind: Kind): string | null {
  if (kind === 'classic') return 'starter';
  const outcome = KINDS[kind];
  return 'plan' in outcome ? outcome.plan : null;
}

export type Subscribe = (kind: Kind, name: string) => Promise<ExistingSubscription>;

/** `kinds`: one for each subscription, in this order. So many are made at a time. */
export async function fillAccount(
  stripe: Stripe,
  kinds: readonly Kind[],
  { atOnce = 20, prefix = 'app' } = {},
): Promise<ExistingSubscription[]> {
  const make = await subscriber(stripe);
  const named = [...kinds.entries()];
  const work = ([at, kind]: [number, Kind]) => make(kind, numbered(prefix, at));
  return eachOf('subscriptions made', named, work, atOnce);
}

export const numbered = (prefix: string, at: number): string =>
  `${prefix}-${String(at).padStart(4, '0')}`;

/** With prices of its own. */
export async function subscriber(stripe: Stripe): Promise<Subscribe> {
  const prices = await makePrices(stripe);
  return (kind, name) => subscribe(stripe, prices, kind, name);
}

async function makePrices(stripe: Stripe): Promise<Prices> {
  const make = async (
    name: string,
    cents: number,
    { currency = 'usd', interval = 'month' as 'month' | 'year' } = {},
  ) => {
    const recurring = { interval };
    const product_data = { name };
    const terms = { currency, unit_amount: cents, recurring, product_data };
    return (await stripe.prices.create(terms)).id;
  };
  return {
    starter: await make('Starter, flat', 2_900),
    pro: await make('Pro, flat', 9_900),
    free: await make('Free', 0),
    annual: await make('Annual', 29_000, { interval: 'year' }),
    odd: await make('Special deal', 1_234),
    euros: await make('Starter, euros', 2_900, { currency: 'eur' }),
  };
}

async function subscribe(
  stripe: Stripe,
  prices: Prices,
  kind: Kind,
  customer: string,
): Promise<ExistingSubscription> {
  const card = kind === 'unpaid' ? 'pm_card_chargeCustomerFail' : 'pm_card_visa';
  const { id: stripeCustomer } = await stripe.customers.create({
    ...{ email: `${customer}@example.com`, name: customer, metadata: { app_id: customer } },
    ...{ payment_method: card, invoice_settings: { default_payment_method: card } },
  });
  const { id: subscription } = await stripe.subscriptions.create({
    customer: stripeCustomer,
    billing_mode: { type: kind === 'classic' ? 'classic' : 'flexible' },
    items: itemsOf(kind, prices),
    ...(kind === 'trial' && { trial_period_days: 90 }),
  });
  if (kind === 'canceled') await stripe.subscriptions.cancel(subscription);
  if (kind === 'paused')
    await stripe.subscriptions.update(subscription, { pause_collection: { behavior: 'void' } });
  if (kind === 'ending')
    await stripe.subscriptions.update(subscription, { cancel_at_period_end: true });
  return { kind, subscription, stripeCustomer, customer };
}

function itemsOf(kind: Kind, prices: Prices): { price: string; quantity?: number }[] {
  const { starter, pro, free, annual, odd, euros } = prices;
  switch (kind) {
    case 'pro':
    case 'free':
      return [{ price: kind === 'pro' ? pro : free }];
    case 'annual':
      return [{ price: annual }];
    case 'twoItems':
      return [{ price: starter }, { price: odd }];
    case 'foreignPrice':
      return [{ price: odd }];
    case 'euros':
      return [{ price: euros }];
    case 'seats':
      return [{ price: starter, quantity: 3 }];
    default:
      return [{ price: starter }];
  }
}
