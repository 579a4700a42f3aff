/**
 * What would have been billed beside what was: a renewal's invoice as Stripe has it, and as it
 * would have been. Every difference has a row with its reason; what no row explains is a row, too.
 */
import { exactCents, formatCents, roundHalfUpCents } from '../money';
import { grouped } from '../grouped';
import type { Period } from '../period';
import type { PlanTerms } from '../plans/plan';
import type { PeriodState } from '../state/period-state';

/** A renewal as Stripe has invoiced it. */
export interface TheirInvoice {
  readonly id: string;
  readonly status: string;
  readonly totalCents: number;
  readonly discountCents: number;
  readonly taxCents: number;
  readonly lines: readonly TheirLine[];
}

export interface TheirLine {
  readonly priceId: string | null;
  readonly description: string;
  readonly amountCents: number;
  readonly isProration: boolean;
  readonly period: Period;
}

export interface SideBySide {
  readonly period: Period;
  /** Usage was taken only from then on, within the period. Absent: for all of it. */
  readonly observedFrom?: number;
  /** null: it is not invoiced yet. */
  readonly invoiceId: string | null;
  readonly oursCents: number;
  readonly theirsCents: number | null;
  readonly differences: readonly CentsBeside[];
  /** Whether the differences add up to what lies between the two, each with a reason. */
  readonly isExplained: boolean;
}

export interface CentsBeside {
  readonly kind: 'base_price' | 'usage' | 'line_of_theirs' | 'discount' | 'tax' | 'unexplained';
  readonly oursCents: number;
  readonly theirsCents: number;
  readonly why: string;
}

/** `counted`: the period as the ledger counts it by the plan's terms. */
export function besideInvoice(
  counted: PeriodState,
  priceId: string,
  invoice: TheirInvoice | null,
  currency: string,
): Omit<SideBySide, 'observedFrom'> {
  const { terms } = counted;
  const isBase = (line: TheirLine) => line.priceId === priceId && !line.isProration;
  const lines = invoice?.lines ?? [];
  const rows = [
    basePrice(terms, lines.filter(isBase), currency),
    ...usageRows(counted, currency),
    ...lines.filter((line) => !isBase(line)).map(lineOfTheirs),
    row('discount', 0, -(invoice?.discountCents ?? 0), 'a discount of theirs'),
    row('tax', 0, invoice?.taxCents ?? 0, 'tax that they add'),
  ];
  const oursCents = sum(rows.map((one) => one.oursCents));
  const theirsCents = invoice?.totalCents ?? null;
  const rest = (theirsCents ?? 0) - sum(rows.map((one) => one.theirsCents));
  const unexplained =
    rest === 0
      ? []
      : [row('unexplained', 0, rest, `the lines of ${invoice?.id} do not add up to its total`)];
  const differences = [...rows, ...unexplained].filter(
    (one) => one.oursCents !== one.theirsCents && (invoice !== null || one.kind === 'usage'),
  );
  return {
    period: { start: counted.start, end: counted.end },
    invoiceId: invoice?.id ?? null,
    ...{ oursCents, theirsCents, differences },
    isExplained: unexplained.length === 0,
  };
}

function basePrice(terms: PlanTerms, lines: readonly TheirLine[], currency: string): CentsBeside {
  const ours = terms.monthlyPriceCents;
  const theirs = sum(lines.map(({ amountCents }) => amountCents));
  const reason =
    lines.length === 0
      ? 'their invoice has no line of the price'
      : `plan ${terms.planId} is ${formatCents(ours, currency)}, they charged ` +
        formatCents(theirs, currency);
  return row('base_price', ours, theirs, reason);
}

/** Each rate is rounded once, as on an invoice of ours. */
function usageRows({ rates, terms, usedTokens }: PeriodState, currency: string): CentsBeside[] {
  return terms.rates.flatMap(({ id, pricePerMillionTokens }) => {
    const tokens = rates[id]?.tokens ?? 0;
    if (tokens === 0) return [];
    const cents = roundHalfUpCents(exactCents(tokens, pricePerMillionTokens));
    const reason =
      `${grouped(tokens)} of ${grouped(usedTokens)} tokens are billable by ${id}, at ` +
      `${pricePerMillionTokens} ${currency} a million: they bill no usage`;
    return [row('usage', cents, 0, reason)];
  });
}

const lineOfTheirs = ({ amountCents, description }: TheirLine): CentsBeside =>
  row('line_of_theirs', 0, amountCents, `a line of theirs: ${description}`);

const row = (
  kind: CentsBeside['kind'],
  oursCents: number,
  theirsCents: number,
  reason: string,
): CentsBeside => ({ kind, oursCents, theirsCents, why: reason });

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/**
 * The periods that invoices tell, each with the invoice that renewed it: the base price is charged
 * in advance, so the one that charges the next period has the usage of this one.
 */
export function periodsOf(
  invoices: readonly TheirInvoice[],
  priceId: string,
  current: Period,
): { readonly period: Period; readonly invoice: TheirInvoice | null }[] {
  const charged = new Map<
    number,
    { readonly end: number; readonly invoice: TheirInvoice | null }
  >();
  for (const invoice of invoices)
    for (const line of invoice.lines)
      if (line.priceId === priceId && !line.isProration)
        charged.set(line.period.start, { end: line.period.end, invoice });
  if (!charged.has(current.start)) charged.set(current.start, { end: current.end, invoice: null });
  return [...charged]
    .sort(([a], [b]) => a - b)
    .map(([start, { end }]) => ({
      period: { start, end },
      invoice: charged.get(end)?.invoice ?? null,
    }));
}
