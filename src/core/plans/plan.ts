/** What a customer pays for: the terms of a plan and the rates that price usage. */
import type { TokenType } from '../usage/usage';

/**
 * Price of usage. Each rate has one Stripe meter and one Stripe price.
 * `models` are exact names or a trailing-`*` prefix; `*` alone is every model.
 */
export interface Rate {
  readonly id: string;
  readonly models: readonly string[];
  /** Absent: it prices every token type. */
  readonly tokenTypes?: readonly TokenType[];
  /** With a vendor, the rate prices usage sold by this one, and only that. */
  readonly vendor?: string;
  /** Decimal string in the catalog's currency (major units), e.g. "3.00". */
  readonly pricePerMillionTokens: string;
  /** Stripe's meter event_name. */
  readonly meterEventName: string;
}

/** Late usage (its period is closed) goes onto the next invoice, or is recorded and not billed. */
export type LateUsagePolicy = 'next_invoice' | 'write_off';

/** The terms that hold for one period of one customer. */
export interface PlanTerms {
  readonly planId: string;
  /** The catalog version that they were sold by. Absent: they are from before there were any. */
  readonly catalogVersion?: string;
  /**
   * Minor units of the catalog's currency, charged in advance for each period, for all of
   * `baseQuantity` together.
   */
  readonly monthlyPriceCents: number;
  /** How many base prices the subscription has. Absent: one. */
  readonly baseQuantity?: number;
  /** Usage is counted and shown, nothing of it is billable or taken from grants. Absent: it is. */
  readonly isTrial?: true;
  /** null: unlimited. */
  readonly includedTokens: number | null;
  readonly lateUsage: LateUsagePolicy;
  /** The order is that of precedence: the first rate that matches a line prices it. */
  readonly rates: readonly Rate[];
  /** Absent: the subscription has an item of every rate from the start. */
  readonly vendorItems?: 'on_first_use';
  /**
   * Vendors' rates that the subscription had no item of while the period lasted: what they bill is
   * on lines that we put onto a draft. Absent: none.
   */
  readonly lineRates?: readonly string[];
  /** Vendors whose usage fills allowance and grants as our own does. Absent: none. */
  readonly allowanceVendors?: readonly string[];
  /**
   * Percent of the allowance, ascending: the customer is told once as each is reached. Absent: the
   * period was opened before there were notifications, or there is nothing to tell.
   */
  readonly usageThresholds?: readonly number[];
  /** Customers who asked for it get this plan at this percentage of the allowance. */
  readonly autoUpgrade?: { readonly atPercent: number; readonly planId: string };
}

/** What a plan itself costs for each period. */
export interface PlanPrice {
  readonly planId: string;
  /** The price of one. */
  readonly monthlyPriceCents: number;
  readonly quantity: number;
}

export const planPrice = ({ planId, monthlyPriceCents, baseQuantity }: PlanTerms): PlanPrice => {
  const quantity = baseQuantity ?? 1;
  const forOne = quantity > 1 ? Math.round(monthlyPriceCents / quantity) : monthlyPriceCents;
  return { planId, monthlyPriceCents: forOne, quantity };
};

/** Our own usage fills the allowance first, and that of vendors who agreed to it. */
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

/** Gives a period another plan, from its first second on; what it had before is remembered. */
export function withTerms<Planned extends Priced>(period: Planned, terms: PlanTerms): Planned {
  const price = planPrice(period.terms);
  const others = (period.formerPlans ?? []).filter((one) => !isSamePrice(one, price));
  const formerPlans = [...others, price];
  // An earlier release may have changed a plan without noting its price, which is not known any
  // more.
  const formerRates = pricedRates(period);
  return { ...period, terms, formerRates, ...(isPastKnown(period) && { formerPlans }) };
}

/** Whoever changes to and fro has had each plan once. */
const isSamePrice = (a: PlanPrice, b: PlanPrice): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

/** Tells that no plan is missing among those that the period had. */
export const isPastKnown = (period: Pick<Priced, 'formerRates' | 'formerPlans'>): boolean =>
  period.formerRates === undefined || period.formerPlans !== undefined;

/** Rates that the subscription has an item of from its beginning. */
export const ratesFromStart = ({ rates, vendorItems }: PlanTerms): readonly Rate[] =>
  vendorItems === undefined ? rates : rates.filter(({ vendor }) => vendor === undefined);

interface Priced {
  readonly terms: PlanTerms;
  readonly formerRates?: readonly Rate[];
  readonly formerPlans?: readonly PlanPrice[];
}

/** An exact name, or a prefix that ends in `*`. */
export function modelMatches(pattern: string, model: string): boolean {
  return pattern.endsWith('*') ? model.startsWith(pattern.slice(0, -1)) : pattern === model;
}

/** The rate that prices this usage; undefined says that the plan does not price it. */
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
