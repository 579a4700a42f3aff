/** Every cent of an invoice explained: what each line must be, and what Stripe says it is. */
import type { PeriodState } from './billing-state';
import type { InvoiceLine, InvoiceSnapshot } from './invoice';
import { exactCents, roundHalfUpCents } from './money';
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

/**
 * `billed` is the period whose usage the invoice bills, counted again from the ledger; none for an
 * invoice that bills no usage. `termsAt` gives the terms of the period that starts at a second.
 */
export function explainInvoice(
  invoice: InvoiceSnapshot,
  billed: PeriodState | undefined,
  termsAt: (second: number) => PlanTerms | undefined,
): ExplainedInvoice {
  const isOurs = (line: InvoiceLine) => line.rateId !== null && line.end === billed?.end;
  const metered = invoice.lines.filter(isOurs);
  const others = invoice.lines.filter((line) => !isOurs(line));
  const rateIds = [
    ...Object.keys(billed?.rates ?? {}),
    ...metered.flatMap(({ rateId }) => (rateId === null ? [] : [rateId])),
  ];
  const lines = [
    ...others.map((line) => explainOther(line, termsAt)),
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

function explainOther(
  line: InvoiceLine,
  termsAt: (second: number) => PlanTerms | undefined,
): ExplainedLine {
  const seen = { invoiceQuantity: line.quantity, invoiceAmountCents: line.amountCents };
  if (line.rateId !== null)
    return line.quantity === 0
      ? explained(line.rateId, { quantity: 0, pricePerMillionTokens: null, exactCents: '0' }, seen)
      : unexplained(`usage of ${line.rateId} in a period that this invoice does not bill`, seen);
  const terms = line.isBase ? termsAt(line.start) : undefined;
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
