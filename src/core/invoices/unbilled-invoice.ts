/**
 * Invoices of our subscription that bill no period: the first one, those of a change of plan, and
 * what Stripe makes on somebody's order, such as at a billing threshold.
 * Each is explained once; what was accepted of one is remembered, so that it is told no more.
 */
import { bytesOf } from '../state-bounds';
import type { BillingState } from '../state/billing-state';
import { isToldInCents } from '../proof/cent-differences';
import { allPeriods } from '../state/periods';
import type { InvoiceSnapshot } from './invoice-snapshot';

/** Stripe tells of an invoice for some days, and a customer has few of these. */
const REMEMBERED_MAX = 10;
const REMEMBERED_BYTES_MAX = 24 * 1024;

/**
 * It has left, and what it is about is known. A change that waits for its payment is not in force:
 * its invoice is explained once it is paid.
 */
export function isToExplain(state: BillingState, invoice: InvoiceSnapshot): boolean {
  const { status, billingReason, lines } = invoice;
  if (!isToldInCents(invoice) || isExplained(state, invoice.id, '')) return false;
  const oldest = allPeriods(state)[0]?.start ?? Infinity;
  if (lines.some(({ start }) => start < oldest)) return false;
  // Renewals are explained as they close, and what somebody invoices by hand is theirs.
  if (billingReason === null || ELSEWHERE.includes(billingReason)) return false;
  if (billingReason === 'subscription_update' && status === 'open') return false;
  return HAS_LEFT.includes(status);
}

const ELSEWHERE = ['subscription_cycle', 'manual', 'upcoming'];

const HAS_LEFT = ['open', 'paid', 'uncollectible'];

export const isExplained = (
  { explainedUnbilled }: Pick<BillingState, 'explainedUnbilled'>,
  invoiceId: string,
  settlement: string,
): boolean =>
  explainedUnbilled?.some((one) => one.id === invoiceId && one.settlement === settlement) ?? false;

export function noteExplained(state: BillingState, id: string, settlement: string): BillingState {
  const others = (state.explainedUnbilled ?? []).filter((one) => one.id !== id);
  let explainedUnbilled = [...others, { id, settlement }].slice(-REMEMBERED_MAX);
  // Whoever is forgotten is asked about again.
  while (explainedUnbilled.length > 1 && bytesOf(explainedUnbilled) > REMEMBERED_BYTES_MAX)
    explainedUnbilled = explainedUnbilled.slice(1);
  return { ...state, explainedUnbilled };
}
