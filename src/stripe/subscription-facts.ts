/** Every subscription of the account, as the rules of an import see it. Nothing is written. */
import type Stripe from 'stripe';
import type { ItemFacts, SubscriptionFacts } from '../core/adoption/subscription-facts';
import { idOf } from './id-of';
import { meaningOfPrice } from './price-book';

const PAGE = 100;
/** Items that count for nothing but that they are too many. */
const EXPANSIONS = ['customer', 'items.data.discounts'];

/** Called with how many were read so far. */
export type ToldOfPage = (count: number) => void;

/** Ended ones too. Stripe lists those on test clocks by clock only, and only with a test key. */
export async function listSubscriptionFacts(
  stripe: Stripe,
  { isTestMode, onPage }: { readonly isTestMode: boolean; readonly onPage: ToldOfPage },
): Promise<SubscriptionFacts[]> {
  const facts = new Map<string, SubscriptionFacts>();
  const clocks = isTestMode ? await listClocks(stripe) : [];
  for (const test_clock of [undefined, ...clocks]) {
    const filter = test_clock === undefined ? {} : { test_clock };
    const expand = EXPANSIONS.map((path) => `data.${path}`);
    const list = { ...filter, status: 'all', limit: PAGE, expand } as const;
    for await (const subscription of stripe.subscriptions.list(list)) {
      facts.set(subscription.id, factsOf(subscription));
      if (facts.size % PAGE === 0) onPage(facts.size);
    }
  }
  onPage(facts.size);
  return [...facts.values()];
}

async function listClocks(stripe: Stripe): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of stripe.testHelpers.testClocks.list({ limit: PAGE })) ids.push(id);
  return ids;
}

export const readSubscriptionFacts = async (
  stripe: Stripe,
  subscriptionId: string,
): Promise<SubscriptionFacts> =>
  factsOf(await stripe.subscriptions.retrieve(subscriptionId, { expand: EXPANSIONS }));

function factsOf(subscription: Stripe.Subscription): SubscriptionFacts {
  const { customer, items, test_clock: clock } = subscription;
  const holder = typeof customer === 'string' || customer.deleted ? null : customer;
  const [first] = items.data;
  return {
    subscriptionId: subscription.id,
    stripeCustomerId: idOf(customer),
    status: subscription.status,
    currency: subscription.currency,
    items: items.data.map(itemFacts),
    email: holder?.email ?? null,
    name: holder?.name ?? null,
    customerMetadata: holder?.metadata ?? {},
    metadata: subscription.metadata,
    testClock: clock ? idOf(clock) : null,
    isCustomerDeleted: typeof customer !== 'string' && customer.deleted === true,
    isInvoiced: subscription.collection_method === 'send_invoice',
    isPaused: subscription.pause_collection !== null,
    isEnding: subscription.cancel_at_period_end || subscription.cancel_at !== null,
    isScheduled: subscription.schedule !== null,
    isChanging: subscription.pending_update !== null,
    isDiscounted: hasDiscount(subscription, holder),
    isTaxed: isTaxed(subscription),
    isConnected: isConnected(subscription),
    isClassic: subscription.billing_mode.type === 'classic',
    isInvoicedBetween: isInvoicedBetween(subscription),
    period: first ? { start: first.current_period_start, end: first.current_period_end } : null,
  };
}

function itemFacts({ price, quantity = 1 }: Stripe.SubscriptionItem): ItemFacts {
  const { recurring } = price;
  const { planId, rateId, unitAmount } = meaningOfPrice(price);
  const cents = Number(unitAmount);
  return {
    priceId: price.id,
    currency: price.currency,
    unitCents: unitAmount !== null && Number.isSafeInteger(cents) ? cents : null,
    isMetered: recurring?.usage_type === 'metered',
    interval: recurring?.interval ?? null,
    intervalCount: recurring?.interval_count ?? 1,
    quantity,
    planId,
    isRate: rateId !== null,
  };
}

const hasDiscount = (
  { discounts, items }: Stripe.Subscription,
  customer: Stripe.Customer | null,
): boolean =>
  discounts.length > 0 ||
  (customer?.discount ?? null) !== null ||
  items.data.some((item) => item.discounts.length > 0);

const isTaxed = ({ automatic_tax: tax, default_tax_rates: rates, items }: Stripe.Subscription) =>
  tax.enabled ||
  (rates ?? []).length > 0 ||
  items.data.some(({ tax_rates: own }) => (own ?? []).length > 0);

const isConnected = (subscription: Stripe.Subscription): boolean =>
  [subscription.application, subscription.transfer_data, subscription.on_behalf_of].some(
    (party) => party !== null,
  ) || subscription.application_fee_percent !== null;

const isInvoicedBetween = (subscription: Stripe.Subscription): boolean =>
  (subscription.billing_thresholds ?? null) !== null ||
  subscription.pending_invoice_item_interval !== null ||
  subscription.items.data.some((item) => (item.billing_thresholds ?? null) !== null);
