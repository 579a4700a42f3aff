/**
 * Which meters are asked before an invoice is believed. Each is a call of Stripe, and most rates of
 * a customer are of nothing.
 */
import type { BillingState } from '../state/billing-state';
import { meteredRates } from '../counting/reporting';
import type { MeteredRate } from '../counting/reporting';
import type { InvoiceSnapshot } from '../invoices/invoice-snapshot';
import type { PeriodState } from '../state/period-state';
import { lacksItem } from '../vendors/vendor-items';
import { invoicedTokens } from './differences';

/**
 * Those of which we counted or reported anything, or the invoice bills anything. The rest have
 * lines of nothing, which Stripe took from the meters: that is worth as much as asking, where the
 * invoice is final, or the draft has shown that its lines are what the meters have. Until a draft
 * has shown it, each rate that can reach the invoice is asked: those without an item can't.
 */
export function ratesToAsk(
  state: BillingState,
  period: PeriodState,
  invoice: InvoiceSnapshot,
): MeteredRate[] {
  const rates = meteredRates(period);
  const used = rates.filter(
    ({ id }) => isCounted(period, id) || invoicedTokens(period, invoice, id) !== 0,
  );
  if (invoice.status !== 'draft' || showsUsage(period, invoice, used)) return used;
  return rates.filter((rate) => used.includes(rate) || !lacksItem(state, period, rate.id));
}

/** A correction may have taken all of it back: Stripe may have only one of the two. */
function isCounted({ rates }: PeriodState, rateId: string): boolean {
  const rate = rates[rateId];
  return rate !== undefined && (rate.tokens !== 0 || rate.reports > 0 || rate.inFlight !== null);
}

/** A draft may show what it was made with until it is final: nothing, say. */
const showsUsage = (
  period: PeriodState,
  invoice: InvoiceSnapshot,
  used: readonly MeteredRate[],
): boolean => {
  const reported = used.map(({ id }) => period.rates[id]?.reportedTokens ?? 0);
  const isShown = used.every(({ id }, at) => invoicedTokens(period, invoice, id) === reported[at]);
  return isShown && reported.some((tokens) => tokens > 0);
};
