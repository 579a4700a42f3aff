/** Every cent of an invoice explained: what each line must be, and what Stripe says it is. */
import type { PeriodState } from './billing-state';
import type { InvoiceLine, InvoiceSnapshot } from './invoice';
import type { LateItem } from './late-usage';
import { exactCents, exactProportion, roundHalfUpCents } from './money';
import { isoSecond } from './period';
import type { Period } from './period';
import type { PlanTerms } from './plan';

export interface ExplainedLine {
  /** A rate, `base price`, or what it is that nothing of ours explains. */
  readonly what: string;
  /** What the ledger says; null: nothing of ours explains the line. */
  readonly quantity: number | null;
  /** Per million tokens for a rate. */
  readonly pricePerMillionTokens: string | null;
  /** Before the one rounding of a line. */
  readonly exactCents: string | null;
  readonly amountCents: number | null;
  readonly invoiceQuantity: number;
  readonly invoiceAmountCents: number;
  readonly equal: boolean;
}

export interface ExplainedInvoice {
  readonly lines: readonly ExplainedLine[];
  readonly totalCents: number;
  readonly invoiceTotalCents: number;
  readonly equal: boolean;
}

/** What lines are explained by that bill no usage of the invoice's own period. */
export interface Books {
  /** The terms of the period that starts at a second. */
  readonly termsAt: (second: number) => PlanTerms | undefined;
  /** The period that contains a second. */
  readonly periodAt: (second: number) => Period | undefined;
  readonly monthlyPriceCents: (planId: string) => number | undefined;
  /** From the audit trail, by its key. */
  readonly lateItem: (key: string) => LateItem | undefined;
}

/**
 * `billed` is the period whose usage the invoice bills, counted again from the ledger; none for an
 * invoice that bills no usage.
 */
export function explainInvoice(
  invoice: InvoiceSnapshot,
  billed: PeriodState | undefined,
  books: Books,
): ExplainedInvoice {
  const isOurs = (line: InvoiceLine) => line.rateId !== null && line.end === billed?.end;
  const metered = invoice.lines.filter(isOurs);
  const others = invoice.lines.filter((line) => !isOurs(line));
  const rateIds = [
    ...Object.keys(billed?.rates ?? {}),
    ...metered.flatMap(({ rateId }) => (rateId === null ? [] : [rateId])),
  ];
  const lines = [
    ...others.map((line) => explainOther(line, books)),
    ...(billed
      ? [...new Set(rateIds)].sort().map((rateId) => explainRate(billed, rateId, metered))
      : []),
  ];
  const totalCents = lines.reduce((sum, { amountCents }) => sum + (amountCents ?? 0), 0);
  return {
    lines,
    totalCents,
    invoiceTotalCents: invoice.totalCents,
    equal: totalCents === invoice.totalCents && lines.every(({ equal }) => equal),
  };
}

/** One rate of the period: Stripe may split it over several lines, we round it once. */
function explainRate(
  period: PeriodState,
  rateId: string,
  metered: readonly InvoiceLine[],
): ExplainedLine {
  const lines = metered.filter((line) => line.rateId === rateId);
  const seen = {
    invoiceQuantity: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    invoiceAmountCents: lines.reduce((sum, { amountCents }) => sum + amountCents, 0),
  };
  const rate = period.terms.rates.find(({ id }) => id === rateId);
  if (!rate && seen.invoiceQuantity === 0 && seen.invoiceAmountCents === 0)
    return explained(rateId, NOTHING, seen);
  if (!rate) return unexplained(`rate ${rateId}, which the plan does not have`, seen);
  const quantity = period.rates[rateId]?.tokens ?? 0;
  return explained(
    rateId,
    {
      quantity,
      pricePerMillionTokens: rate.pricePerMillionTokens,
      exactCents: exactCents(quantity, rate.pricePerMillionTokens),
    },
    seen,
  );
}

const NOTHING = { quantity: 0, pricePerMillionTokens: null, exactCents: '0' };

function explainOther(line: InvoiceLine, books: Books): ExplainedLine {
  const seen = { invoiceQuantity: line.quantity, invoiceAmountCents: line.amountCents };
  if (line.lateItemKey !== undefined) return explainLate(line.lateItemKey, seen, books);
  if (line.proratedPlan !== undefined) return explainProration(line, line.proratedPlan, books);
  if (line.rateId !== null)
    return line.quantity === 0
      ? explained(line.rateId, NOTHING, seen)
      : unexplained(`usage of ${line.rateId} in a period that this invoice does not bill`, seen);
  const terms = line.isBase ? books.termsAt(line.start) : undefined;
  if (!terms) {
    const what = line.isBase ? 'the base price of a period that we do not know' : 'no line of ours';
    return unexplained(what, seen);
  }
  return explained(
    `${terms.planId} base price`,
    { quantity: 1, pricePerMillionTokens: null, exactCents: String(terms.monthlyPriceCents) },
    seen,
  );
}

/** A line that we put onto the draft ourselves. */
function explainLate(key: string, seen: Seen, { lateItem }: Books): ExplainedLine {
  const item = lateItem(key);
  if (!item) return unexplained(`late usage ${key}, which the audit trail does not have`, seen);
  const { tokens: quantity, pricePerMillionTokens, rateId, periodStart } = item;
  const ours = {
    ...{ quantity, pricePerMillionTokens },
    exactCents: exactCents(quantity, pricePerMillionTokens),
  };
  const what = `late: ${rateId} of ${isoSecond(periodStart).slice(0, 10)}`;
  // At Stripe it is an amount, whose quantity says nothing.
  return explained(what, ours, { ...seen, invoiceQuantity: quantity });
}

/** The monthly price for the rest of its period, charged or credited. */
function explainProration(line: InvoiceLine, planId: string, books: Books): ExplainedLine {
  const { start, end, quantity, amountCents } = line;
  const seen = { invoiceQuantity: quantity, invoiceAmountCents: amountCents };
  const price = books.monthlyPriceCents(planId);
  const whole = books.periodAt(start);
  if (price === undefined || whole?.end !== end)
    return unexplained(`a change of ${planId} in a period that we do not know`, seen);
  const rest = exactProportion(price, end - start, whole.end - whole.start);
  const isCredit = amountCents < 0;
  return explained(
    `${planId} from ${isoSecond(start)}${isCredit ? ', given back' : ''}`,
    {
      ...{ quantity, pricePerMillionTokens: null },
      exactCents: isCredit ? `-${rest}` : rest,
    },
    seen,
  );
}

type Seen = Pick<ExplainedLine, 'invoiceQuantity' | 'invoiceAmountCents'>;

function explained(
  what: string,
  ours: { quantity: number; pricePerMillionTokens: string | null; exactCents: string },
  seen: Seen,
): ExplainedLine {
  const amountCents = roundHalfUpCents(ours.exactCents);
  const equal = ours.quantity === seen.invoiceQuantity && amountCents === seen.invoiceAmountCents;
  return { what, ...ours, amountCents, ...seen, equal };
}

const unexplained = (what: string, seen: Seen): ExplainedLine => ({
  what,
  quantity: null,
  pricePerMillionTokens: null,
  exactCents: null,
  amountCents: null,
  ...seen,
  equal: false,
});
