/** What an operator's decision about an invoice that differs does to the period's figures. */
import type { BillingState } from '../state/billing-state';
import type { Books } from '../proof/books';
import { isToldInCents } from '../proof/cent-differences';
import { exactCents, sumDecimals } from '../money';
import { pricedRates } from '../plans/plan';
import { explainInvoice } from '../proof/verification';
import type { PeriodState } from '../state/period-state';
import { findAnyPeriod, findPeriod, withPeriod, NO_TOKENS } from '../state/periods';
import type { InvoiceSnapshot } from './invoice-snapshot';
import { invoicedTokens } from '../proof/differences';
import { addLate } from '../counting/late-tokens';

/**
 * What Stripe's meter really has is what was reported: the next report is the difference. A report
 * under way is left to finish; its tokens are part of the meter's sum or will be missed again.
 */
export function alignReported(
  state: BillingState,
  start: number,
  meterTokens: Readonly<Record<string, number>>,
): BillingState {
  const period = findPeriod(state, start);
  if (!period) return state;
  const ids = [...new Set([...Object.keys(period.rates), ...Object.keys(meterTokens)])];
  const rates = ids.flatMap((id) => {
    const rate = period.rates[id] ?? { ...NO_TOKENS, lastSecond: period.start };
    const reportedTokens = meterTokens[id] ?? 0;
    if (rate.inFlight !== null) return [[id, rate] as const];
    const isEmpty = period.rates[id] === undefined && reportedTokens === 0;
    return isEmpty ? [] : [[id, { ...rate, reportedTokens }] as const];
  });
  return withPeriod(state, { ...period, rates: Object.fromEntries(rates) });
}

/**
 * The invoice is final: what it lacks is billed like late usage, on the next one; what it has too
 * much of is credited there. Rates that no plan of ours has have no price to do so.
 */
export function billDifferenceLater(
  state: BillingState,
  start: number,
  invoice: InvoiceSnapshot,
): BillingState {
  const period = findAnyPeriod(state, start);
  if (!period) return state;
  const periodWithTokens = pricedRates(period).reduce((current, { id: rateId }) => {
    const rate = period.rates[rateId] ?? NO_TOKENS;
    const invoiced = invoicedTokens(period, invoice, rateId);
    if (invoiced === rate.tokens) return current;
    const rates = { ...current.rates, [rateId]: { ...rate, tokens: invoiced } };
    return addLate({ ...current, rates }, rateId, rate.tokens - invoiced);
  }, period);
  return withPeriod(state, periodWithTokens);
}

/** All billable tokens of a period for which there is no invoice, in exact cents. */
export const uninvoicedValueCents = (period: PeriodState): string =>
  sumDecimals(
    pricedRates(period).map(({ id, pricePerMillionTokens }) =>
      exactCents(period.rates[id]?.tokens ?? 0, pricePerMillionTokens),
    ),
  );

/**
 * Ours minus Stripe's, over the lines that differ; tokens as 0.1.0 read them count in exact cents.
 */
export function settlementValueCents(
  period: PeriodState | undefined,
  invoice: InvoiceSnapshot,
  books: Books,
): string {
  if (!period || isToldInCents(invoice)) return String(missingCents(period, invoice, books));
  const values = pricedRates(period).map(({ id, pricePerMillionTokens }) => {
    const ours = period.rates[id]?.tokens ?? 0;
    const missing = ours - invoicedTokens(period, invoice, id);
    return exactCents(missing, pricePerMillionTokens);
  });
  return sumDecimals(values);
}

/** Sums what all lines must come to, less what they do; one that we were not shown is included. */
function missingCents(
  period: PeriodState | undefined,
  invoice: InvoiceSnapshot,
  books: Books,
): number {
  const { totalCents, invoiceTotalCents } = explainInvoice(invoice, period, books);
  return totalCents - invoiceTotalCents;
}
