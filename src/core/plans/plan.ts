/** What a customer pays for: the terms of a plan and the rates that price usage. */
import type { TokenType } from './usage';

/**
 * Price of usage. Each rate has one Stripe meter and one Stripe price.
 * `models` are exact names or a trailing-`*` prefix; `*` alone is every model.
 */
export interface Rate {
  readonly id: string;
  readonly models: readonly string[];
  /** Absent: every token type. */
  readonly tokenTypes?: readonly TokenType[];
  /** Present: the rate prices usage sold by this vendor, and only that. */
  readonly vendor?: string;
  /** Decimal string in the catalog's currency (major units), e.g. "3.00". */
  readonly pricePerMillionTokens: string;
  /** Stripe's meter event_name. */
  readonly meterEventName: string;
}

/** Late usage (its period is closed): on the next invoice, or recorded and not billed. */
export type LateUsagePolicy = 'next_invoice' | 'write_off';

/** The terms that hold for one period of one customer. */
export interface PlanTerms {
  readonly planId: string;
  /** Minor units of the catalog's currency, charged in advance for each period. */
  readonly monthlyPriceCents: number;
  /** null: unlimited. */
  readonly includedTokens: number | null;
  readonly lateUsage: LateUsagePolicy;
  /** In order of precedence: the first rate that matches a line prices it. */
  readonly rates: readonly Rate[];
  /** Vendors whose usage fills allowance and grants as our own does. Absent: none. */
  readonly allowanceVendors?: readonly string[];
  /**
   * Percent of the allowance, ascending: the customer is told once as each is reached. Absent: the
   * period was opened before there were notifications, or there is nothing to tell.
   */
  readonly usageThresholds?: readonly number[];
  /** For customers who asked for it: the plan they get at this percentage of the allowance. */
  readonly autoUpgrade?: { readonly atPercent: number; readonly planId: string };
}

/** Usage that fills the allowance first: our own, and that of vendors who agreed to it. */
export const fillsAllowance = (
  { allowanceVendors }: Pick<PlanTerms, 'allowanceVendors'>,
  { vendor }: { readonly vendor?: string },
): boolean => vendor === undefined || (allowanceVendors?.includes(vendor) ?? false);

/** All rates of which the period may have tokens at Stripe, with their prices. */
export function pricedRates(period: {
  readonly terms: PlanTerms;
  readonly formerRates?: readonly Rate[];
}): readonly Rate[] {
  const { rates } = period.terms;
  const others = (period.formerRates ?? []).filter(({ id }) => !rates.some((r) => r.id === id));
  return others.length === 0 ? rates : [...rates, ...others];
}

/** An exact name, or a prefix that ends in `*`. */
export function modelMatches(pattern: string, model: string): boolean {
  return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
}

/** The rate that prices this usage, or undefined when the plan does not price it. */
export function findRate(
  rates: readonly Rate[],
  usage: { readonly model: string; readonly tokenType: TokenType; readonly vendor?: string },
): Rate | undefined {
  return rates.find(
    (rate) =>
      rate.vendor === usage.vendor &&
      (rate.tokenTypes === undefined || rate.tokenTypes.includes(usage.tokenType)) &&
      rate.models.some((pattern) => modelMatches(pattern, usage.model)),
  );
}
