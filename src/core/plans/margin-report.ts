/**
 * What a period of a customer brought in and what the provider charged for it, by model. Amounts
 * are exact: nothing is rounded but the percentage.
 *
 * Revenue of usage is the billable tokens at the rate's price; a rate's billable tokens are shared
 * over the models it prices in proportion to what was used of them. The base price is shared over
 * what fills the allowance in proportion to tokens. Both by whole tokens or cents (largest
 * remainder), so the models' sums are the totals. Of what a vendor sells, our revenue is the fee,
 * and the provider's bill is the vendor's.
 */
import type { Catalog, CostRow } from './catalog';
import {
  exactCents,
  exactPercentOf,
  percentage,
  splitByLargestRemainder,
  subtractDecimals,
  sumDecimals,
} from '../money';
import { lateBilledTokens } from '../invoices/period-figures';
import { fillsAllowance, findRate } from './plan';
import type { PlanTerms } from './plan';
import type { UsedTokens } from './projection';
import type { Statement } from '../invoices/statement';
import type { TokenType } from '../usage/usage';

export interface UsedTokensOfDay extends UsedTokens {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
}

export interface ModelMargin {
  readonly model: string;
  readonly vendor?: string;
  readonly tokens: Partial<Record<TokenType, number>>;
  readonly billableTokens: number;
  readonly basePriceCents: string;
  readonly usageRevenueCents: string;
  readonly revenueCents: string;
  /** Cost of those tokens whose cost the cost book has. */
  readonly knownCostCents: string;
  /** null: the cost book has no row for `withoutCost`, and no cost is guessed. */
  readonly marginCents: string | null;
  readonly withoutCost: TokenType[];
}

export interface MarginReport {
  readonly byModel: ModelMargin[];
  /** What no model can be named for: the base price of a period without usage. */
  readonly unassignedRevenueCents: string;
  readonly totals: {
    readonly revenueCents: string;
    readonly knownCostCents: string;
    readonly marginCents: string | null;
    /** It is rounded half up, to one decimal place; null also where there is no revenue. */
    readonly marginPercent: string | null;
  };
  readonly modelsWithoutCost: { model: string; tokenType: TokenType; tokens: number }[];
}

export interface MarginInput {
  readonly catalog: Pick<Catalog, 'costBook' | 'vendors' | 'plans'>;
  readonly terms: PlanTerms;
  readonly statement: Pick<Statement, 'rates' | 'late'>;
  readonly usage: readonly UsedTokensOfDay[];
}

export function marginReport(input: MarginInput): MarginReport {
  const { catalog, terms, usage } = input;
  const owner = catalog.plans.find(({ id }) => id === terms.planId)?.vendor;
  const groups = byModelAndVendor(usage);
  const billable = billableByGroup(input, groups);
  const inAllowance = groups.map((group) => (fillsAllowance(terms, group) ? group.sum : 0));
  const base = share(terms.monthlyPriceCents, inAllowance);
  const byModel = groups.map((group, at) => {
    const usageRevenues = billable.map(({ tokens, price }) => exactCents(tokens[at] ?? 0, price));
    return rowOf(catalog, group, {
      billableTokens: billable.reduce((sum, { tokens }) => sum + (tokens[at] ?? 0), 0),
      basePriceCents: ours(catalog, owner, String(base[at] ?? 0)),
      usageRevenueCents: ours(catalog, group.vendor, sumDecimals(usageRevenues)),
    });
  });
  const unassigned = base.length > 0 ? '0' : ours(catalog, owner, String(terms.monthlyPriceCents));
  return { byModel, unassignedRevenueCents: unassigned, ...totalsOf(byModel, unassigned) };
}

interface Group {
  readonly model: string;
  readonly vendor?: string;
  readonly cells: readonly UsedTokensOfDay[];
  readonly sum: number;
}

/** The order is alphabetical, our own before a vendor's. */
function byModelAndVendor(usage: readonly UsedTokensOfDay[]): Group[] {
  const groups = new Map<string, UsedTokensOfDay[]>();
  for (const cell of usage) {
    const key = JSON.stringify([cell.model, cell.vendor ?? '']);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.entries()]
    .sort(([a], [right]) => (a < right ? -1 : 1))
    .flatMap(([, cells]) => {
      const [first] = cells;
      if (!first) return [];
      const { model, vendor } = first;
      const sum = cells.reduce((total, { tokens }) => total + tokens, 0);
      return [{ model, ...(vendor !== undefined && { vendor }), cells, sum }];
    });
}

/** Late usage counts too, unless the plan writes it off. */
function billableByGroup({ terms, statement }: MarginInput, groups: readonly Group[]) {
  return statement.rates.map((rate) => {
    const tokens = rate.tokens + lateBilledTokens(terms, statement, rate);
    const priced = groups.map(({ cells }) =>
      cells
        .filter((cell) => findRate(terms.rates, cell)?.id === rate.rateId)
        .reduce((sum, cell) => sum + cell.tokens, 0),
    );
    return { price: rate.pricePerMillionTokens, tokens: share(tokens, priced) };
  });
}

/** It is shared by weight; where nothing has weight, nobody gets any. */
const share = (amount: number, weights: readonly number[]): number[] =>
  weights.some((weight) => weight > 0) ? splitByLargestRemainder(amount, weights) : [];

/** This is our part of what a vendor, or we, brought in. */
function ours({ vendors }: MarginInput['catalog'], vendor: string | undefined, cents: string) {
  if (vendor === undefined) return cents;
  return exactPercentOf(cents, vendors.find(({ id }) => id === vendor)?.feePercent ?? '0');
}

function rowOf(
  { costBook }: MarginInput['catalog'],
  { model, vendor, cells }: Group,
  revenue: Pick<ModelMargin, 'billableTokens' | 'basePriceCents' | 'usageRevenueCents'>,
): ModelMargin {
  const tokens: Partial<Record<TokenType, number>> = {};
  for (const { tokenType, tokens: more } of cells)
    tokens[tokenType] = (tokens[tokenType] ?? 0) + more;
  const costs = cells.map((cell) => (vendor === undefined ? costOf(costBook, cell) : '0'));
  const knownCostCents = sumDecimals(costs.filter((cost) => cost !== null));
  const uncosted = cells.filter((_, at) => costs[at] === null).map(({ tokenType }) => tokenType);
  const revenueCents = sumDecimals([revenue.basePriceCents, revenue.usageRevenueCents]);
  return {
    ...{ model, ...(vendor !== undefined && { vendor }), tokens, ...revenue },
    ...{ revenueCents, knownCostCents },
    marginCents: uncosted.length > 0 ? null : subtractDecimals(revenueCents, knownCostCents),
    withoutCost: [...new Set(uncosted)],
  };
}

/** The row in effect on the day decides: the latest that had begun. */
function costOf(costBook: readonly CostRow[], { day, model, tokenType, tokens }: UsedTokensOfDay) {
  const row = costBook
    .filter((one) => one.model === model && one.tokenType === tokenType && one.from <= day)
    .reduce<CostRow | undefined>(
      (last, one) => (last && last.from > one.from ? last : one),
      undefined,
    );
  return row ? exactCents(tokens, row.costPerMillionTokens) : null;
}

function totalsOf(rows: readonly ModelMargin[], unassigned: string) {
  const revenueCents = sumDecimals([unassigned, ...rows.map((row) => row.revenueCents)]);
  const knownCostCents = sumDecimals(rows.map((row) => row.knownCostCents));
  const modelsWithoutCost = rows.flatMap(({ model, tokens, withoutCost }) =>
    withoutCost.map((tokenType) => ({ model, tokenType, tokens: tokens[tokenType] ?? 0 })),
  );
  const isComplete = modelsWithoutCost.length === 0;
  const marginCents = isComplete ? subtractDecimals(revenueCents, knownCostCents) : null;
  const marginPercent = marginCents === null ? null : percentage(marginCents, revenueCents);
  return {
    totals: { revenueCents, knownCostCents, marginCents, marginPercent },
    modelsWithoutCost,
  };
}
