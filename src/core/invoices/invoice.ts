/** Which period an invoice bills, and whether it says what the ledger says. */
import type { BillingState } from '../state/billing-state';
import type { PeriodPhase, PeriodState, StatementDiscount } from '../state/period-state';
import { allPeriods, isSubscriptionOf, subscriptionOf, withPeriod } from '../state/periods';
import type { InvoiceDiscount } from './invoice-discount';
import type { InvoiceSnapshot, InvoiceLine } from './invoice-snapshot';

/**
 * The period whose usage the invoice bills. First invoices, prorations and manual invoices bill
 * none, so nothing is ever reset by them. Metered lines carry the ended period, at a renewal or
 * where a change cut the period short; a renewal with base lines only carries the next period,
 * which starts where ours ended.
 */
export function periodBilledBy(
  state: BillingState,
  invoice: InvoiceSnapshot,
): PeriodState | undefined {
  const end = billedEnd(state, invoice);
  return state.periods.find((period) => period.end === end && isOfPeriod(state, invoice, period));
}

/**
 * Tells where the billed period ends, known to us or not; undefined says that no period is billed.
 */
export function billedEnd(state: BillingState, invoice: InvoiceSnapshot): number | undefined {
  if (!isOurs(state, invoice)) return undefined;
  const { billingReason, lines } = invoice;
  const metered = lines.filter(({ rateId }) => rateId !== null).map(({ end }) => end);
  if (billingReason === 'subscription_update') return edgeOf(state, metered);
  if (billingReason !== 'subscription_cycle') return undefined;
  const next = lines.filter(({ isBase }) => isBase).map(({ start }) => start);
  const end = edgeOf(state, metered, next);
  // Somebody has put a price of their own in the place of all of ours.
  return isKnown(state, end) || !isKnown(state, invoice.periodEnd) ? end : invoice.periodEnd;
}

const isKnown = (state: BillingState, end: number | undefined): boolean =>
  allPeriods(state).some((period) => period.end === end);

/** An item that was removed within the period has a line that ends there, too. */
function edgeOf(state: BillingState, ...edges: (readonly number[])[]): number | undefined {
  const knownEnds = allPeriods(state).map(({ end }) => end);
  const knownEdges = edges.flat().filter((edge) => knownEnds.includes(edge));
  return (knownEdges.length > 0 ? [knownEdges] : edges)
    .find(({ length }) => length > 0)
    ?.reduce(latest);
}

const latest = (one: number, other: number): number => Math.max(one, other);

/**
 * It belongs to a subscription that we bill, or have billed, and not to another one of the same
 * customer.
 */
export const isOurs = (state: BillingState, { subscriptionId }: InvoiceSnapshot): boolean =>
  subscriptionId !== null && isSubscriptionOf(state, subscriptionId);

const isOfPeriod = (
  state: BillingState,
  { subscriptionId }: InvoiceSnapshot,
  period: PeriodState,
): boolean => subscriptionOf(state, period) === subscriptionId;

/** Edges of service periods on an invoice's lines. */
export const serviceEdges = (lines: readonly InvoiceLine[]): number[] =>
  lines
    .filter((line) => line.rateId !== null || line.isBase)
    .flatMap((line) => [line.start, line.end]);

export function noteInvoice(
  state: BillingState,
  period: PeriodState,
  phase: PeriodPhase,
  invoice: InvoiceSnapshot,
): BillingState {
  const { id, status, totalCents } = invoice;
  const discounts = invoice.discounts && { discounts: invoice.discounts.map(toldDiscount) };
  // Only a draft that was let go leaves; this one is none any more, or held again.
  const leavesAt = phase === 'reconciled' ? period.leavesAt : undefined;
  return withPeriod(state, {
    ...period,
    leavesAt,
    phase,
    invoice: { id, status, totalCents, ...discounts },
  });
}

const toldDiscount = ({
  couponId,
  couponName,
  amountCents,
}: InvoiceDiscount): StatementDiscount => ({
  coupon: couponId ?? null,
  ...(couponName !== undefined && { couponName }),
  amountCents,
});

/** A flush that goes on after this would not be on the invoice: five minutes before Stripe acts. */
const HOLD_AHEAD_SECONDS = 5 * 60;

/**
 * Unix milliseconds from which a draft that differs must be held. A test clock's time says nothing
 * about ours.
 */
export const mustHoldBy = ({ finalizesAt, isOnTestClock }: InvoiceSnapshot): number =>
  finalizesAt === null || isOnTestClock ? Infinity : (finalizesAt - HOLD_AHEAD_SECONDS) * 1000;
