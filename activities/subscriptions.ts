/** Reading a customer's subscription from Stripe. */
import { planTerms } from '../src/core/catalog';
import { DomainError } from '../src/core/errors';
import { PLAN_METADATA_KEY } from '../src/core/ids';
import { serviceEdges } from '../src/core/invoice';
import type { SubscriptionSnapshot } from '../src/core/subscription';
import { findCustomer } from '../src/db/customers';
import { readRecoveredBilling } from '../src/db/recovered-billing';
import { assertObject } from '../src/stripe/client';
import { currentPeriodOf } from '../src/stripe/current-period';
import { idOf, toInvoiceLine } from '../src/stripe/invoice-snapshot';
import { createPriceBook } from '../src/stripe/price-book';
import type { ActivityDeps } from './deps';

/** More cycle invoices than that without us looking once: two years asleep. */
const INVOICES_MAX = 24;

export function createSubscriptionActivities({ pool, stripe, catalog }: ActivityDeps) {
  const priceBook = createPriceBook(stripe);

  /** Edges between `knownEnd` and now that only past cycle invoices still tell. */
  async function missedEdges(subscription: string): Promise<number[]> {
    const invoices = await stripe.invoices
      .list({ subscription, limit: INVOICES_MAX })
      .autoPagingToArray({ limit: INVOICES_MAX });
    const lines = invoices
      .filter((invoice) => invoice.billing_reason === 'subscription_cycle')
      .flatMap((invoice) => invoice.lines.data);
    return serviceEdges(await Promise.all(lines.map((line) => toInvoiceLine(priceBook, line))));
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
        currentPeriod,
        invoiceEdges: currentPeriod.start <= knownEnd ? [] : await missedEdges(subscription.id),
        ...(recovered && { recovered }),
        terms: planTerms(catalog, subscription.metadata[PLAN_METADATA_KEY] ?? customer.plan),
      };
    },
  };
}
