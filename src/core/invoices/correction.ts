/**
 * A final invoice that an operator has corrected: what it lacks is charged, and what it has too
 * much of is credited, to the cent, by lines of the next draft. No plan writes that off; where no
 * draft will come, somebody settles it by hand.
 */
import type { BillingState } from '../state/billing-state';
import type { Books } from '../proof/books';
import { isToldInCents } from '../proof/cent-differences';
import { CORRECTION } from '../proof/corrected-rate';
import type { ExplainedDiscount } from '../proof/explained-discount';
import type { ExplainedLine } from '../proof/explained-line';
import { exactCents, roundHalfUpCents } from '../money';
import { pricedRates } from '../plans/plan';
import { billDifferenceLater } from './settlement';
import { explainInvoice } from '../proof/verification';
import type { PeriodState, LateRate } from '../state/period-state';
import { allPeriods, findAnyPeriod, withPeriod, NO_TOKENS } from '../state/periods';
import type { InvoiceSnapshot } from './invoice-snapshot';
import { invoicedTokens } from '../proof/differences';
import { addLate, isOver, NO_LATE_TOKENS, withOpen } from '../counting/late-tokens';

/** Tokens move with their rate, and bring what they cost; what is left of the cents goes beside. */
export function correctFinal(
  state: BillingState,
  start: number,
  invoice: InvoiceSnapshot,
  books: Books,
): BillingState {
  const period = findAnyPeriod(state, start);
  if (!period) return state;
  // Nobody knows the cents of an invoice as release 0.1.0 read it.
  if (!isToldInCents(invoice)) return billDifferenceLater(state, start, invoice);
  const { lines, discounts = [] } = explainInvoice(invoice, period, books);
  const rates = pricedRates(period);
  const periodWithTokens = rates.reduce((current, { id, pricePerMillionTokens }) => {
    const line = lines.find(({ rateId }) => rateId === id);
    return moveRate(current, id, pricePerMillionTokens, invoice, line);
  }, period);
  const others = lines.filter(({ rateId }) => !rates.some(({ id }) => id === rateId));
  const notLines = notShown(invoice) + takenTooMuch(discounts);
  const cents = others.reduce((sum, line) => sum + missingCents(line), notLines);
  return withPeriod(state, addDecided(periodWithTokens, CORRECTION, 0, cents));
}

/** Corrects an invoice that bills no period: the current period carries the correction. */
export function correctUnbilled(
  state: BillingState,
  invoice: InvoiceSnapshot,
  books: Books,
): BillingState {
  const current = allPeriods(state).at(-1);
  if (!current) return state;
  const { lines, discounts = [] } = explainInvoice(invoice, undefined, books);
  const notLines = notShown(invoice) + takenTooMuch(discounts);
  const cents = lines.reduce((sum, line) => sum + missingCents(line), notLines);
  return withPeriod(state, addDecided(current, CORRECTION, 0, cents));
}

function moveRate(
  period: PeriodState,
  rateId: string,
  price: string,
  invoice: InvoiceSnapshot,
  line: ExplainedLine | undefined,
): PeriodState {
  const rate = period.rates[rateId] ?? NO_TOKENS;
  const invoiced = invoicedTokens(period, invoice, rateId);
  const tokens = rate.tokens - invoiced;
  const cents = (line ? missingCents(line) : 0) - roundHalfUpCents(exactCents(tokens, price));
  if (tokens === 0) return addDecided(period, rateId, 0, cents);
  const rates = { ...period.rates, [rateId]: { ...rate, tokens: invoiced } };
  return addDecided(addLate({ ...period, rates }, rateId, tokens), rateId, tokens, cents);
}

function addDecided(
  period: PeriodState,
  rateId: string,
  tokens: number,
  cents: number,
): PeriodState {
  if (tokens === 0 && cents === 0) return period;
  const previousRate = period.late?.[rateId] ?? NO_LATE_TOKENS;
  const nextRate = withOpen(previousRate, {
    ...previousRate,
    decidedTokens: (previousRate.decidedTokens ?? 0) + tokens,
    correctionCents: (previousRate.correctionCents ?? 0) + cents,
  });
  return { ...period, late: { ...period.late, [rateId]: nextRate } };
}

export const missingCents = ({ amountCents, invoiceAmountCents }: ExplainedLine): number =>
  (amountCents ?? 0) - invoiceAmountCents;

/** A discount that took more than its coupon says is charged after all; less is given back. */
const takenTooMuch = (discounts: readonly ExplainedDiscount[]): number =>
  discounts.reduce(
    (sum, { amountCents, invoiceAmountCents }) => sum + invoiceAmountCents - (amountCents ?? 0),
    0,
  );

/** These are of a line that we were not shown: nothing of ours explains it. */
const notShown = ({ lines, subtotalCents }: InvoiceSnapshot): number =>
  lines.reduce((sum, { amountCents }) => sum + amountCents, 0) - (subtotalCents ?? 0);

/**
 * No draft will come for these: starts of periods, and the cents that are to be charged or
 * credited.
 */
export function uninvoicedCorrections(state: BillingState): { start: number; cents: number }[] {
  if (!isOver(state)) return [];
  return allPeriods(state).flatMap((period) => {
    const cents = Object.entries(period.late ?? {}).reduce(
      (sum, [rateId, late]) => sum + decidedCents(period, rateId, late),
      0,
    );
    return cents === 0 ? [] : [{ start: period.start, cents }];
  });
}

function decidedCents(period: PeriodState, rateId: string, late: LateRate): number {
  const { decidedTokens = 0, correctionCents = 0 } = late;
  const rate = pricedRates(period).find(({ id }) => id === rateId);
  const usage = exactCents(decidedTokens, rate?.pricePerMillionTokens ?? '0');
  return roundHalfUpCents(usage) + correctionCents;
}

/** Somebody did it by hand, or gave it up. */
export function closeCorrection(state: BillingState, start: number): BillingState {
  const period = findAnyPeriod(state, start);
  if (!period?.late) return state;
  const late = Object.entries(period.late).map(([id, rate]) => {
    const settledTokens = rate.settledTokens + (rate.decidedTokens ?? 0);
    const { inTimeTokens } = rate;
    return [id, withOpen({ ...rate, settledTokens }, { inTimeTokens })] as const;
  });
  return withPeriod(state, { ...period, late: Object.fromEntries(late) });
}
