/** Tells whether terms are those of the same sale, cost the same, and count usage alike. */
import type { PlanTerms } from './plan';

/** Usage counts to the same by the rates' names and order, what they price, and the allowance. */
export function countsAlike(a: PlanTerms, b: PlanTerms): boolean {
  const counting = ({ planId, includedTokens, allowanceVendors, rates }: PlanTerms) => [
    ...[planId, includedTokens, allowanceVendors ?? []],
    rates.map(({ id, models, tokenTypes, vendor }) => [id, models, tokenTypes, vendor]),
  ];
  return JSON.stringify(counting(a)) === JSON.stringify(counting(b));
}

/** Prices, allowance and what is done with late usage decide; the version does not. */
export function isSameMoney(a: PlanTerms, b: PlanTerms): boolean {
  const money = ({ monthlyPriceCents, baseQuantity = 1, lateUsage, rates }: PlanTerms) => [
    ...[monthlyPriceCents, baseQuantity, lateUsage],
    rates.map(({ pricePerMillionTokens }) => pricePerMillionTokens),
  ];
  return countsAlike(a, b) && JSON.stringify(money(a)) === JSON.stringify(money(b));
}

/**
 * A period can keep such terms. Before catalog versions, all terms of a plan were taken for the
 * same, and what a history has of that time is to be read as then.
 */
export function isSameSale(a: PlanTerms, b: PlanTerms): boolean {
  if (b.catalogVersion === undefined) return a.planId === b.planId;
  return a.catalogVersion === b.catalogVersion && isSameMoney(a, b);
}
