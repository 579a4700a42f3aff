/** What only a subscription's invoices and the ledger tell of its past. */
import type Stripe from 'stripe';
import type { BillingPast, RecoveredBilling } from '../src/core/state/billing-past';
import { serviceEdges } from '../src/core/invoices/invoice';
import type { PlanTerms } from '../src/core/plans/plan';
import { lastKnownPeriod } from '../src/core/state/periods';
import { readRecoveredBilling } from '../src/db/recovered-billing';
import { currentPeriodOf } from '../src/stripe/current-period';
import { withAllLines } from '../src/stripe/embedded-lists';
import { planChangedTo, toInvoiceLine } from '../src/stripe/invoice-snapshot';
import type { StripeDeps } from './deps';
import type { createSoldCatalogs } from './sold-catalog';

/** A customer has more cycle invoices only if we have not looked once in two years. */
const INVOICES_MAX = 24;

export interface SubscriptionTools extends StripeDeps {
  readonly catalogs: ReturnType<typeof createSoldCatalogs>;
}

/** What the workflow has missed since `knownEnd`, or what it is begun again with. */
export async function readPast(
  tools: SubscriptionTools,
  subscription: Stripe.Subscription,
  request: { readonly customer: string; readonly knownEnd?: number; readonly startedAt: number },
  version: string,
) {
  const recoveredBilling =
    request.knownEnd === undefined
      ? await withInvoices(
          tools,
          await readRecoveredBilling(tools.pool, request.customer),
          subscription.id,
        )
      : undefined;
  const knownEnd = request.knownEnd ?? knownEndOf(recoveredBilling) ?? request.startedAt;
  const missed =
    currentPeriodOf(subscription).start < knownEnd
      ? { invoiceEdges: [] }
      : await readMissed(tools, subscription.id, knownEnd, version);
  return { recovered: recoveredBilling, missed };
}

/** What only past invoices tell of the time since `knownEnd`: periods, and a change of plan. */
async function readMissed(
  tools: SubscriptionTools,
  subscription: string,
  knownEnd: number,
  version: string,
) {
  const { stripe, priceBook } = tools;
  const listedInvoices = await stripe.invoices
    .list({ subscription, limit: INVOICES_MAX })
    .autoPagingToArray({ limit: INVOICES_MAX });
  const invoices = await withAllLines(stripe, listedInvoices);
  const lines = invoices
    .filter((invoice) => invoice.billing_reason === 'subscription_cycle')
    .flatMap((invoice) => invoice.lines.data);
  const invoiceLines = await Promise.all(lines.map((line) => toInvoiceLine(priceBook, line)));
  const formerPlan = await planChangedTo(priceBook, invoices, knownEnd);
  return {
    invoiceEdges: serviceEdges(invoiceLines),
    ...(formerPlan !== undefined && { formerTerms: await termsSoldBy(tools, version, formerPlan) }),
  };
}

export async function termsSoldBy(
  { catalogs }: SubscriptionTools,
  version: string,
  planId: string,
): Promise<PlanTerms> {
  return catalogs.termsOf(await catalogs.soldBy([version], planId, []), planId);
}

/** Adds the invoices since the workflow's loss: drafts are held, others tell what is final. */
async function withInvoices(
  { stripe }: SubscriptionTools,
  { past, ...recovered }: RecoveredBilling,
  subscription: string,
): Promise<RecoveredBilling> {
  if (!past) return recovered;
  const invoices: string[] = [];
  for (const id of [...formerSubscriptions(past, subscription), subscription]) {
    const { data } = await stripe.invoices.list({ subscription: id, limit: INVOICES_MAX });
    invoices.push(...data.map((invoice) => invoice.id).reverse());
  }
  return { ...recovered, past: { ...past, invoices } };
}

/** Earlier subscriptions of a customer who has come back, as long as a period of theirs is due. */
function formerSubscriptions({ snapshot, periods }: BillingPast, current: string): string[] {
  const subscriptions = snapshot
    ? snapshot.periods.map((period) => period.subscriptionId ?? snapshot.subscriptionId)
    : periods.filter(({ isArchived }) => !isArchived).map((period) => period.subscriptionId);
  const ids = subscriptions.flatMap((id) => (id && id !== current ? [id] : []));
  return [...new Set(ids)];
}

export async function isLastPeriodInvoiced(
  { stripe, priceBook }: SubscriptionTools,
  { id, ended_at: endedAt }: Stripe.Subscription,
): Promise<boolean | null> {
  if (endedAt === null) return null;
  const { data } = await stripe.invoices.list({ subscription: id, limit: INVOICES_MAX });
  const invoices = await withAllLines(stripe, data);
  const lines = invoices.flatMap((invoice) => invoice.lines.data);
  const ending = lines.filter(({ period }) => period.end === endedAt);
  const invoiceLines = await Promise.all(ending.map((line) => toInvoiceLine(priceBook, line)));
  return invoiceLines.some(({ rateId }) => rateId !== null);
}

function knownEndOf(recoveredBilling: RecoveredBilling | undefined): number | undefined {
  const { snapshot, periods } = recoveredBilling?.past ?? {};
  return (snapshot ? lastKnownPeriod(snapshot) : periods?.at(-1))?.end;
}
