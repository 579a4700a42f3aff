/**
 * An invoice that Stripe has not any more, or never had under this key: an answer, and not a
 * refusal. What it billed is on no invoice then, which stays an exception until somebody decides.
 */
import type { BillingState } from '../state/billing-state';
import { sumDecimals } from '../money';
import { uninvoicedValueCents } from './settlement';
import type { PeriodState } from '../state/period-state';
import { archive, withPeriod } from '../state/periods';
import type { InvoiceSnapshot } from './invoice-snapshot';

/** A status that no invoice at Stripe has: there the object itself is missing. */
const GONE = 'deleted';

export const isGone = ({ status }: Pick<InvoiceSnapshot, 'status'>): boolean => status === GONE;

/** A reading of it gives this. */
export const goneInvoice = (id: string): InvoiceSnapshot => ({
  ...{ id, status: GONE, subscriptionId: null, billingReason: null, lines: [] },
  ...{ totalCents: 0, subtotalCents: 0, amountRemainingCents: 0, attemptCount: 0 },
  ...{ autoAdvance: false, finalizesAt: null, finalizedAt: null, nextPaymentAttempt: null },
  ...{ finalizationError: null, isOnTestClock: false },
});

/** The unsettled period of the invoice; what became of any other is of no use to us. */
export const periodOfGone = ({ periods }: BillingState, id: string): PeriodState | undefined =>
  periods.find(({ invoice }) => invoice?.id === id);

/** Nothing is compared or held any more, and all that is counted still belongs to the period. */
export function noteGoneInvoice(state: BillingState, period: PeriodState): BillingState {
  if (!period.invoice) return state;
  const phase = period.phase === 'reconciled' ? 'closing' : period.phase;
  const invoice = { ...period.invoice, status: GONE };
  return withPeriod(state, { ...period, phase, held: undefined, invoice });
}

/** Sums the billable tokens, and the lines for late usage that were on it; exact. */
export const goneInvoiceCents = (period: PeriodState): string =>
  sumDecimals([
    uninvoicedValueCents(period),
    ...(period.lateItems ?? []).map(({ amountCents }) => String(amountCents)),
  ]);

export function describeGoneInvoice(period: PeriodState): string {
  const { id, totalCents } = period.invoice ?? { id: '', totalCents: 0 };
  return (
    `Stripe has no invoice ${id} any more, or our key is another account's: it billed a period ` +
    `whose tokens are worth ${goneInvoiceCents(period)} cents, and came to ${totalCents} cents ` +
    'when it was last read. Invoice them by hand, then write_off; or mend the key, then retry.'
  );
}

/** It is given up, or invoiced by hand: the period is put away as it is. */
export const writeOffGoneInvoice = (
  state: BillingState,
  period: PeriodState,
  settlement: string,
): BillingState =>
  archive(withPeriod(state, { ...period, phase: 'void', settlement }), period.start);
