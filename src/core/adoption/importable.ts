/**
 * Which subscriptions of the account can become customers, of which plan, and why the others can't:
 * every reason, in a fixed order. Only what Tollkeeper would bill to the very cent is taken over.
 */
import type { CatalogPlan } from '../plans/catalog';
import { formatCents } from '../money';
import type { ItemFacts, SubscriptionFacts } from './subscription-facts';

export interface LeftOut {
  readonly reason: LeftOutReason;
  /** What was seen, and what was expected, for whoever reviews. */
  readonly detail: string;
}

export const LEFT_OUT_REASONS = [
  ...['already_ours', 'ended', 'incomplete', 'trialing', 'past_due', 'paused', 'ending'],
  ...['customer_deleted', 'scheduled', 'change_waits', 'several_items', 'metered', 'not_monthly'],
  ...['quantity', 'other_currency', 'unknown_price', 'price_differs', 'invoiced', 'discounted'],
  ...['taxed', 'connected', 'invoiced_between', 'classic', 'several_subscriptions'],
  ...['no_customer_id', 'customer_id_taken'],
] as const;

export type LeftOutReason = (typeof LEFT_OUT_REASONS)[number];

/** Prices by which a plan is told: as the operator said, else by what it costs. */
export interface PlanOffer {
  readonly currency: string;
  readonly plans: readonly Pick<CatalogPlan, 'id' | 'monthlyPriceCents' | 'vendor'>[];
  /** Price id → plan id. */
  readonly priceMap: Readonly<Record<string, string>>;
  /** Stripe makes flexible what is in classic billing mode, once it is taken over. */
  readonly migratesClassic: boolean;
}

export type Verdict =
  | {
      readonly planId: string;
      readonly item: ItemFacts;
      readonly by: 'map' | 'metadata' | 'amount';
    }
  | { readonly leftOut: readonly LeftOut[] };

export function judge(facts: SubscriptionFacts, offer: PlanOffer): Verdict {
  const leftOut = [
    ...standingFaults(facts),
    ...termFaults(facts, offer),
    ...itemFaults(facts, offer),
  ];
  const [item] = facts.items;
  const plan = item && planOfItem(item, offer);
  if (leftOut.length > 0 || !item || !plan || 'leftOut' in plan) return { leftOut };
  return { planId: plan.planId, item, by: plan.by };
}

const ENDED: readonly string[] = ['canceled', 'incomplete_expired'];

function standingFaults(facts: SubscriptionFacts): LeftOut[] {
  const { status } = facts;
  const faults: LeftOut[] = [];
  const add = (reason: LeftOutReason, detail: string) => faults.push({ reason, detail });
  if (ENDED.includes(status)) add('ended', `it is ${status}`);
  if (status === 'incomplete') add('incomplete', 'its first payment is not there yet');
  if (status === 'trialing') add('trialing', 'it is on trial: plan again when that is over');
  if (status === 'past_due' || status === 'unpaid')
    add('past_due', `it is ${status}: whoever bills today settles that first`);
  if (status === 'paused' || facts.isPaused)
    add('paused', status === 'paused' ? 'it is paused' : 'its collection is paused');
  if (facts.isEnding && !ENDED.includes(status)) add('ending', 'a time is set at which it ends');
  if (facts.isCustomerDeleted) add('customer_deleted', 'its customer was deleted at Stripe');
  return faults;
}

/** Settings at Stripe that Tollkeeper does not follow: an invoice would hold more than it knows. */
function termFaults(
  facts: SubscriptionFacts,
  { migratesClassic }: Pick<PlanOffer, 'migratesClassic'>,
): LeftOut[] {
  const faults: readonly (readonly [boolean, LeftOutReason, string])[] = [
    [facts.isScheduled, 'scheduled', 'a schedule changes it: release it from that first'],
    [facts.isChanging, 'change_waits', 'a change of it waits for its payment'],
    [facts.isInvoiced, 'invoiced', 'it is collected by invoice: expected a card to be charged'],
    [facts.isDiscounted, 'discounted', 'it or its customer has a discount'],
    [facts.isTaxed, 'taxed', 'tax is added to it'],
    [facts.isConnected, 'connected', 'it is shared with another Stripe account'],
    [facts.isInvoicedBetween, 'invoiced_between', 'it is invoiced between its renewals, too'],
    [
      facts.isClassic && !migratesClassic,
      'classic',
      'its billing mode is classic: plan with --migrate to make it flexible',
    ],
  ];
  return faults.flatMap(([isSo, reason, detail]) => (isSo ? [{ reason, detail }] : []));
}

function itemFaults({ items, status }: SubscriptionFacts, offer: PlanOffer): LeftOut[] {
  const [item, ...more] = items;
  if (!item || more.length > 0)
    return [{ reason: 'several_items', detail: `it has ${items.length} items: expected one` }];
  const faults: LeftOut[] = [];
  const add = (reason: LeftOutReason, detail: string) => faults.push({ reason, detail });
  const { isMetered, interval, intervalCount, quantity, currency } = item;
  if (isMetered) add('metered', `its price ${item.priceId} bills usage already`);
  if (interval !== 'month' || intervalCount !== 1)
    add('not_monthly', `it renews every ${intervalCount} ${interval}: expected every month`);
  if (quantity !== 1) add('quantity', `its quantity is ${quantity}: expected 1`);
  if (currency !== offer.currency)
    add('other_currency', `it is in ${currency}: the catalog is in ${offer.currency}`);
  const plan = planOfItem(item, offer);
  // What has ended needs no plan, and what has none for another reason is told of that.
  const isElse = faults.length > 0 || ENDED.includes(status);
  if ('leftOut' in plan && !isElse) faults.push(plan.leftOut);
  return faults;
}

type FoundPlan = { readonly planId: string; readonly by: 'map' | 'metadata' | 'amount' };

/** An operator's word counts first; a plan is never guessed where two cost the same. */
function planOfItem(
  item: ItemFacts,
  { plans, priceMap, currency }: PlanOffer,
): FoundPlan | { readonly leftOut: LeftOut } {
  const mapped = Object.hasOwn(priceMap, item.priceId) ? priceMap[item.priceId] : undefined;
  const namedId = mapped ?? item.planId;
  const cents = item.unitCents;
  const price = cents === null ? 'no single amount' : formatCents(cents, currency);
  if (namedId !== null) {
    const plan = plans.find(({ id }) => id === namedId);
    const by = mapped === undefined ? 'metadata' : 'map';
    if (plan?.monthlyPriceCents === cents) return { planId: namedId, by };
    const costs = plan ? formatCents(plan.monthlyPriceCents, currency) : 'no longer in the catalog';
    const detail = `its price ${item.priceId} is ${price}; plan ${namedId} is ${costs}`;
    return { leftOut: { reason: 'price_differs', detail } };
  }
  // What vendors sell is shared with them: nobody else's subscription becomes that.
  const alike = plans.filter(
    ({ monthlyPriceCents, vendor }) => monthlyPriceCents === cents && vendor === undefined,
  );
  const [only, ...others] = alike;
  if (only && others.length === 0) return { planId: only.id, by: 'amount' };
  const candidates = alike.map(({ id }) => id).join(' and ');
  const detail =
    `its price ${item.priceId} is ${price}: ` +
    (only ? `${candidates} cost as much, name one` : 'no plan costs as much, nor is one named');
  return { leftOut: { reason: 'unknown_price', detail } };
}
