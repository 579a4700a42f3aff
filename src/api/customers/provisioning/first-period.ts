/**
 * The first period as the workflow will see it, written at once: an app may ask for a customer's
 * usage the moment after it was created.
 */
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { emptyBillingState } from '../../../core/state/billing-state';
import type { Catalog } from '../../../core/plans/catalog';
import { termsAsSold } from '../../../core/plans/catalog-version';
import { statementOf } from '../../../core/invoices/statement';
import { followSubscription } from '../../../core/subscription/subscription';
import type { Customer } from '../../../db/customers';
import { recordPeriods } from '../../../db/period-projection';
import { asVersion } from '../../../stripe/catalog-version';
import { currentPeriodOf } from '../../../stripe/current-period';

export async function recordFirstPeriod(
  pool: Pool,
  catalog: Catalog,
  { customer, plan }: Customer,
  stripeCustomerId: string,
  subscription: Stripe.Subscription,
): Promise<void> {
  const { standing } = emptyBillingState(customer);
  const state = followSubscription(emptyBillingState(customer), {
    subscriptionId: subscription.id,
    stripeCustomerId,
    status: subscription.status,
    startedAt: subscription.start_date,
    currentPeriod: currentPeriodOf(subscription),
    endedAt: null,
    trialEnd: subscription.trial_end,
    trialStart: subscription.trial_start,
    invoiceEdges: [],
    rateItems: {},
    standing,
    isLastPeriodInvoiced: null,
    terms: termsAsSold(asVersion(catalog), catalog, plan),
  });
  await recordPeriods(pool, {
    customer,
    // It stays so until the workflow says otherwise: a repeated request then still starts it.
    billingStatus: 'pending',
    standing,
    dunningAccess: null,
    periods: state.periods.map((period) => ({
      terms: period.terms,
      statement: statementOf(state, period),
    })),
  });
}
