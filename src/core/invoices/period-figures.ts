/**
 * The figures of a period that people are told, worked out here and nowhere else: API, page, mails,
 * projection, previews and commands show what these say.
 */
import { exactCents, roundHalfUpCents } from '../money';
import type { PlanTerms } from '../plans/plan';
import type { StatementDiscount } from '../state/period-state';
import { takenByDiscounts } from '../discounts/coming-discount';
import type { ComingDiscount, DueLine } from '../discounts/coming-discount';
import type { Statement, StatementRate } from './statement';
import type { Allowance } from '../counting/allowance';
import { beyondAllowance } from '../counting/allowance';

export interface Cost {
  /** The base price and the usage, less the discounts. */
  readonly amountDueCents: number;
  /** What each takes: of the invoice where there is one, and else of the one that will be. */
  readonly discounts: readonly StatementDiscount[];
  readonly basePriceCents: number;
  /** Sum of the lines. */
  readonly usageCents: number;
  readonly lines: readonly CostLine[];
}

/** A line is rounded once, as on the invoice. */
export interface CostLine extends Pick<StatementRate, 'rateId' | 'vendor' | 'tokens'> {
  readonly pricePerMillionTokens: string;
  readonly amountCents: number;
}

/**
 * The late usage of a rate that the customer pays for: all that the next invoice bills, or
 * credits; where the plan writes it off, what is billed by lines for want of an item.
 */
export const lateBilledTokens = (
  { lateUsage }: Pick<PlanTerms, 'lateUsage'>,
  { late }: Pick<Statement, 'late'>,
  { rateId, lineTokens = 0 }: Pick<StatementRate, 'rateId' | 'lineTokens'>,
): number =>
  lateUsage === 'next_invoice'
    ? (late.find((one) => one.rateId === rateId)?.tokens ?? 0)
    : lineTokens;

export function costOf(
  terms: Pick<PlanTerms, 'monthlyPriceCents' | 'lateUsage'>,
  statement: Pick<Statement, 'rates' | 'late'> &
    Partial<Pick<Statement, 'invoice' | 'comingDiscounts'>>,
): Cost {
  const base = terms.monthlyPriceCents;
  const lines = statement.rates.map((rate) => {
    const { rateId, vendor, pricePerMillionTokens, amountCents } = rate;
    const late = lateBilledTokens(terms, statement, rate);
    const lateCents = roundHalfUpCents(exactCents(late, pricePerMillionTokens));
    return {
      ...{ rateId, vendor, tokens: rate.tokens + late, pricePerMillionTokens },
      amountCents: roundHalfUpCents(amountCents) + lateCents,
    };
  });
  const usage = lines.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const { invoice, comingDiscounts = [] } = statement;
  const discounts = invoice
    ? (invoice.discounts ?? [])
    : takenByDiscounts(comingDiscounts, dueLines(base, lines));
  return {
    amountDueCents: base + usage - sumOf(discounts),
    ...{ discounts, basePriceCents: base, usageCents: usage, lines },
  };
}

/** What so many billable tokens of each rate come to, each rounded once. */
export const usageLines = (
  { rates }: Pick<PlanTerms, 'rates'>,
  tokensOf: (rateId: string) => number,
): DueLine[] =>
  rates.map(({ id: rateId, pricePerMillionTokens }) => ({
    rateId,
    amountCents: roundHalfUpCents(exactCents(tokensOf(rateId), pricePerMillionTokens)),
  }));

/** A base price with usage, and what discounts take off both together. */
export function dueOf(
  baseCents: number,
  lines: readonly DueLine[],
  discounts: readonly ComingDiscount[],
): { readonly usageCents: number; readonly discountCents: number; readonly amountCents: number } {
  const usage = sumOf(lines);
  const discountCents = sumOf(takenByDiscounts(discounts, dueLines(baseCents, lines)));
  return {
    ...{ usageCents: usage, discountCents },
    amountCents: baseCents + usage - discountCents,
  };
}

/** The same with the base price, less discounts: what the period's invoice would say. */
export function amountDueCents(
  terms: Pick<PlanTerms, 'monthlyPriceCents' | 'rates'>,
  tokensOf: (rateId: string) => number,
  discounts: readonly ComingDiscount[] = [],
): number {
  return dueOf(terms.monthlyPriceCents, usageLines(terms, tokensOf), discounts).amountCents;
}

const dueLines = (baseCents: number, lines: readonly DueLine[]): DueLine[] => [
  { rateId: null, amountCents: baseCents },
  ...lines,
];

const sumOf = (amounts: readonly { readonly amountCents: number }[]): number =>
  amounts.reduce((sum, { amountCents }) => sum + amountCents, 0);

/**
 * The overage of now is what the workflow has counted, and of what the ledger has since then the
 * part that no grant will cover.
 */
export function overageSoFar(
  terms: Allowance,
  statement: Pick<Statement, 'usedTokens' | 'overageTokens'>,
  usedTokens: number,
  grantsLeftTokens: number,
): number {
  const counted = beyondAllowance(terms, statement.usedTokens);
  const fresh = Math.max(0, beyondAllowance(terms, usedTokens) - counted);
  return statement.overageTokens + Math.max(0, fresh - grantsLeftTokens);
}
