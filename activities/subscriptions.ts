/** Reads a customer's subscription from Stripe. */
import type Stripe from 'stripe';
import { itemsMaxOf } from '../src/core/plans/catalog';
import { DomainError } from '../src/core/errors';
import { findCustomer } from '../src/db/customers';
import type { Customer } from '../src/db/customers';
import { currentPeriodOf } from '../src/stripe/current-period';
import { COMING_DISCOUNTS, comingDiscountsOf } from '../src/stripe/coming-discounts';
import { readSubscriptionWhole } from '../src/stripe/embedded-lists';
import type { OtherSubscription } from '../src/stripe/other-subscriptions';
import { otherSubscriptions, subscriptionsOf } from '../src/stripe/other-subscriptions';
import {
  comingPlanOf,
  itemsOf,
  waitingPlanOf,
  pinOf,
  planOf,
} from '../src/stripe/subscription-items';
import type { ItemMeaning } from '../src/stripe/subscription-items';
import type { StripeDeps } from './deps';
import { adoptSubscription } from './adopt-subscription';
import { goneSubscription, goneWithCustomer } from './gone-subscription';
import { createSoldCatalogs } from './sold-catalog';
import { isLastPeriodInvoiced, readPast, termsSoldBy } from './subscription-past';
import type { SubscriptionTools } from './subscription-past';
import { idOf } from '../src/stripe/id-of';
import type { SubscriptionSnapshot } from '../src/core/subscription/subscription-snapshot';
import type { SoldItem } from '../src/core/state/remembered';

interface ReadRequest {
  readonly customer: string;
  readonly knownEnd?: number;
  /** The version by which the customer's last known period was sold. */
  readonly catalogVersion?: string;
}

type SubscribedCustomer = Customer & { readonly subscriptionId: string };

export function createSubscriptionActivities(deps: StripeDeps) {
  const { pool, catalog } = deps;
  const tools: SubscriptionTools = {
    ...deps,
    catalogs: createSoldCatalogs({ pool, catalog }),
  };
  return {
    readSubscription: async (request: ReadRequest): Promise<SubscriptionSnapshot> => {
      const customer = await findCustomer(pool, request.customer);
      const subscriptionId =
        customer?.subscriptionId ??
        (customer?.awaitsCheckout && (await adoptSubscription(deps, request.customer)));
      if (!customer || !subscriptionId)
        throw new DomainError(
          'customer_not_found',
          `Customer ${request.customer} has no subscription yet. ` +
            `Repeat PUT /v1/customers/${request.customer}.`,
        );
      return readSnapshot(tools, { ...customer, subscriptionId }, request);
    },
  };
}

async function readSnapshot(
  tools: SubscriptionTools,
  customer: SubscribedCustomer,
  request: ReadRequest,
): Promise<SubscriptionSnapshot> {
  const { stripe, priceBook, catalog, now } = tools;
  const { subscriptionId } = customer;
  const { subscription, among } = await readWithOthers(stripe, customer);
  if (!subscription)
    return goneSubscription(customer, {
      ...{ subscriptionId, endedAt: request.knownEnd ?? Math.floor(now() / 1000) },
      terms: await termsSoldBy(tools, request.catalogVersion ?? '', customer.plan),
    });
  const { terms, items, base, isPinned } = await readSale(tools, subscription, {
    usualPlan: customer.plan,
    knownVersion: request.catalogVersion,
  });
  const since = { ...request, startedAt: billedSince(subscription, customer) };
  const past = await readPast(tools, subscription, since, terms.catalogVersion ?? '');
  return {
    ...factsOf(subscription, customer),
    ...past.missed,
    ...{ terms, base },
    items: items.map(soldItem),
    ...(!isPinned && { isUnpinned: true }),
    rateItems: rateItems(items),
    itemsMax: itemsMaxOf(catalog),
    standing: { ...standingOf(subscription, customer), ...comingDiscountsOf(subscription, items) },
    ...besides(
      subscription,
      await otherSubscriptions(stripe, priceBook, { id: subscriptionId, among }),
    ),
    isLastPeriodInvoiced: await isLastPeriodInvoiced(tools, subscription),
    ...(catalog.grantsAfterEnd && { grantsAfterEnd: catalog.grantsAfterEnd }),
    ...((await isCustomerGone(stripe, subscription)) && { isCustomerGone: true as const }),
    ...(past.recovered && { recovered: past.recovered }),
  };
}

/**
 * One list has the customer's subscriptions that last. Ours is read by itself where that shows it
 * in part, or not at all: it has ended, or has discounts, of which a list tells ids only.
 */
async function readWithOthers(stripe: Stripe, customer: SubscribedCustomer) {
  const { subscriptionId, stripeCustomerId } = customer;
  const lastingSubscriptions =
    stripeCustomerId === null ? [] : await subscriptionsOf(stripe, stripeCustomerId);
  const ours = lastingSubscriptions.find(({ id }) => id === subscriptionId);
  if (ours && !ours.items.has_more && ours.discounts.length === 0)
    return { subscription: ours, among: lastingSubscriptions };
  const subscription = await goneWithCustomer(stripe, customer, () =>
    readSubscriptionWhole(stripe, subscriptionId, COMING_DISCOUNTS),
  );
  const among =
    subscription && stripeCustomerId === null
      ? await subscriptionsOf(stripe, idOf(subscription.customer))
      : lastingSubscriptions;
  return { subscription, among };
}

/** Where ours lasts, what Checkout made besides is a purchase made twice. */
function besides({ ended_at: endedAt }: Stripe.Subscription, others: OtherSubscription[]) {
  const madeTwice = others.filter(({ isOfCheckout }) => isOfCheckout && endedAt === null);
  return {
    otherSubscriptions: others.map(({ id }) => id),
    ...(madeTwice.length > 0 && { secondCheckouts: madeTwice.map(({ id }) => id) }),
  };
}

const factsOf = (subscription: Stripe.Subscription, customer: Customer) => ({
  subscriptionId: subscription.id,
  stripeCustomerId: idOf(subscription.customer),
  status: subscription.status,
  startedAt: billedSince(subscription, customer),
  endedAt: subscription.ended_at,
  trialEnd: subscription.trial_end,
  trialStart: subscription.trial_start,
  currentPeriod: currentPeriodOf(subscription),
});

/** What was there before us has been billed by something else until then. */
const billedSince = ({ start_date: start }: Stripe.Subscription, { billedFrom }: Customer) =>
  billedFrom === null ? start : Math.max(start, Math.floor(billedFrom.getTime() / 1000));

/** The terms as bought, and what Stripe's items are to be compared with. */
async function readSale(
  { priceBook, catalogs }: SubscriptionTools,
  subscription: Stripe.Subscription,
  { usualPlan, knownVersion }: { usualPlan: string; knownVersion: string | undefined },
) {
  const items = itemsOf(priceBook, subscription);
  const planId = planOf(subscription, items, usualPlan);
  const pin = pinOf(subscription);
  const coming = comingPlanOf(subscription, items);
  // The base price of a change that waits is not the current plan's.
  const own = coming ? items.filter((item) => item.planId === null) : items;
  const soldVersion = await catalogs.soldBy([pin, knownVersion], planId, own);
  const next =
    coming &&
    catalogs.termsOf(
      await catalogs.soldBy([coming.catalogVersion ?? soldVersion.version], coming.planId, items),
      coming.planId,
    );
  const terms = catalogs.termsOf(soldVersion, planId);
  const { planId: basePlan, monthlyPriceCents } = next ?? terms;
  return {
    ...{ terms, items },
    base: { planId: basePlan, monthlyPriceCents },
    isPinned: pin === soldVersion.version,
  };
}

/**
 * Whether Stripe itself says that the customer was deleted for good. An answer that it knows no
 * such customer does not say so: the key of another account gets it, too.
 */
async function isCustomerGone(
  stripe: Stripe,
  { customer, ended_at: endedAt }: Stripe.Subscription,
): Promise<boolean> {
  if (endedAt === null) return false;
  return (await stripe.customers.retrieve(idOf(customer))).deleted === true;
}

const soldItem = ({ priceId, planId, rateId, unitAmount, quantity }: ItemMeaning): SoldItem => ({
  ...{ priceId, planId, rateId, unitAmount, quantity },
});

function rateItems(items: readonly ItemMeaning[]): Record<string, number> {
  const added = items.flatMap(({ rateId, created }) =>
    rateId === null ? [] : [[rateId, created]],
  );
  return Object.fromEntries(added) as Record<string, number>;
}

function standingOf(
  subscription: Stripe.Subscription,
  { autoUpgrade }: Customer,
): SubscriptionSnapshot['standing'] {
  return {
    // Nothing follows the end of a subscription.
    nextPlan: subscription.ended_at === null ? waitingPlanOf(subscription) : null,
    cancelAt: subscription.ended_at === null ? subscription.cancel_at : null,
    collectionPaused: subscription.pause_collection?.behavior ?? null,
    autoUpgrade,
  };
}
