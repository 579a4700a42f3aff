/** Reading a customer's subscription from Stripe. */
import type Stripe from 'stripe';
import { planTerms } from '../src/core/catalog';
import { DomainError } from '../src/core/errors';
import { serviceEdges } from '../src/core/invoice';
import type { SubscriptionSnapshot } from '../src/core/subscription';
import { findCustomer } from '../src/db/customers';
import type { Customer } from '../src/db/customers';
import { readRecoveredBilling } from '../src/db/recovered-billing';
import { assertObject } from '../src/stripe/client';
import { currentPeriodOf } from '../src/stripe/current-period';
import { idOf, planChangedTo, toInvoiceLine } from '../src/stripe/invoice-snapshot';
import { createPriceBook } from '../src/stripe/price-book';
import { itemsOf, nextPlanOf, planOf } from '../src/stripe/subscription-items';
import type { ItemMeaning } from '../src/stripe/subscription-items';
import type { ActivityDeps } from './deps';

/** More cycle invoices than that without us looking once: two years asleep. */
const INVOICES_MAX = 24;

export function createSubscriptionActivities({ pool, stripe, catalog }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);

  /** What of the time since `knownEnd` only past invoices tell: periods, and a change of plan. */
  async function readMissed(subscription: string, knownEnd: number) {
    const invoices = await stripe.invoices
      .list({ subscription, limit: INVOICES_MAX })
      .autoPagingToArray({ limit: INVOICES_MAX });
    const lines = invoices
      .filter((invoice) => invoice.billing_reason === 'subscription_cycle')
      .flatMap((invoice) => invoice.lines.data);
    const meant = await Promise.all(lines.map((line) => toInvoiceLine(priceBook, line)));
    const formerPlan = await planChangedTo(priceBook, invoices, knownEnd);
    return {
      invoiceEdges: serviceEdges(meant),
      ...(formerPlan !== undefined && { formerTerms: planTerms(catalog, formerPlan) }),
    };
  }

  async function isLastPeriodInvoiced(subscription: Stripe.Subscription): Promise<boolean | null> {
    const { id, ended_at: endedAt } = subscription;
    if (endedAt === null) return null;
    const { data } = await stripe.invoices.list({ subscription: id, limit: INVOICES_MAX });
    const lines = data.flatMap((invoice) => invoice.lines.data);
    const ending = lines.filter(({ period }) => period.end === endedAt);
    const meant = await Promise.all(ending.map((line) => toInvoiceLine(priceBook, line)));
    return meant.some(({ rateId }) => rateId !== null);
  }

  return {
    readSubscription: async (request: {
      customer: string;
      knownEnd?: number;
    }): Promise<SubscriptionSnapshot> => {
      const customer = await findCustomer(pool, request.customer);
      if (!customer?.subscriptionId)
        throw new DomainError(
          'customer_not_found',
          `Customer ${request.customer} has no subscription yet. ` +
            `Repeat PUT /v1/customers/${request.customer}.`,
        );
      const subscription = await stripe.subscriptions.retrieve(customer.subscriptionId);
      assertObject(subscription, 'subscription');
      const items = await itemsOf(priceBook, subscription);
      const currentPeriod = currentPeriodOf(subscription);
      const recovered =
        request.knownEnd === undefined
          ? await readRecoveredBilling(pool, request.customer)
          : undefined;
      const knownEnd = request.knownEnd ?? recovered?.archivedUntil ?? subscription.start_date;
      return {
        subscriptionId: subscription.id,
        stripeCustomerId: idOf(subscription.customer),
        status: subscription.status,
        startedAt: subscription.start_date,
        endedAt: subscription.ended_at,
        trialEnd: subscription.trial_end,
        currentPeriod,
        ...(currentPeriod.start < knownEnd
          ? { invoiceEdges: [] }
          : await readMissed(subscription.id, knownEnd)),
        terms: planTerms(catalog, planOf(subscription, items, customer.plan)),
        rateItems: rateItems(items),
        standing: standingOf(subscription, customer),
        isLastPeriodInvoiced: await isLastPeriodInvoiced(subscription),
        ...(recovered && { recovered }),
      };
    },
  };
}

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
  const start = subscription.items.data[0]?.current_period_start ?? 0;
  const next = nextPlanOf(subscription);
  return {
    nextPlan: next && next.from > start ? next : null,
    cancelAt: subscription.ended_at === null ? subscription.cancel_at : null,
    collectionPaused: subscription.pause_collection?.behavior ?? null,
    autoUpgrade,
  };
}
