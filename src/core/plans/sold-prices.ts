/**
 * Tells whether Stripe charges what was sold: each item's own price beside the terms. What differs
 * is never guessed at: it is an exception, and what an operator accepted of it becomes the terms.
 */
import type { BillingState } from '../state/billing-state';
import { centsPerToken, compareDecimals, multiplyDecimals, pricePerMillion } from '../money';
import { roundHalfUpCents } from '../money';
import type { PlanTerms } from './plan';
import { allPeriods } from '../state/periods';
import type { PriceDifference, SoldItem } from '../state/remembered';

/** The base item is to be the plan's of now, or that of the next period if a change waits. */
export interface SoldBase {
  readonly planId: string;
  readonly monthlyPriceCents: number;
}

export interface ComparedPrices {
  readonly differences: readonly PriceDifference[];
  /** Rates whose item still has the price of the period before: it is to be exchanged. */
  readonly outdated: readonly string[];
}

export function comparePrices(
  terms: PlanTerms,
  base: SoldBase,
  items: readonly SoldItem[],
  history: Before = NOTHING_BEFORE,
): ComparedPrices {
  const differing = rateDifferences(terms, items);
  const isOutdated = (item: PriceDifference): boolean => isLeftFrom(history, terms, item);
  return {
    differences: [
      ...baseDifferences(base, items),
      ...differing.filter((item) => !isOutdated(item)),
      ...items.filter(isNobodys).map((item) => ({ ...item, soldAmount: null })),
    ],
    outdated: differing.flatMap((item) => (isOutdated(item) && item.rateId ? [item.rateId] : [])),
  };
}

const isNobodys = ({ planId, rateId }: SoldItem): boolean => planId === null && rateId === null;

function baseDifferences(base: SoldBase, items: readonly SoldItem[]): PriceDifference[] {
  const soldAmount = String(base.monthlyPriceCents);
  const baseItems = items.filter(({ planId }) => planId !== null);
  const own = baseItems.find(({ planId }) => planId === base.planId);
  const others = baseItems
    .filter((item) => item !== own)
    .map((item) => ({ ...item, soldAmount: null }));
  if (!own && base.monthlyPriceCents > 0) return [missingBase(base, soldAmount), ...others];
  if (!own || (own.quantity === 1 && isAmount(own, soldAmount))) return others;
  return [{ ...own, soldAmount }, ...others];
}

/** The plan names it, because there is no price that could name it. */
const missingBase = ({ planId }: SoldBase, soldAmount: string): PriceDifference => ({
  ...{ priceId: `plan ${planId}`, planId, rateId: null },
  ...{ unitAmount: '0', quantity: 0, soldAmount },
});

/** Rates that the terms do not have are those of a plan before or to come: nothing is reported. */
function rateDifferences({ rates }: PlanTerms, items: readonly SoldItem[]): PriceDifference[] {
  return rates.flatMap(({ id, pricePerMillionTokens }) => {
    const soldAmount = centsPerToken(pricePerMillionTokens);
    const [first, ...more] = items.filter(({ rateId }) => rateId === id);
    const own = first && !isAmount(first, soldAmount) ? [{ ...first, soldAmount }] : [];
    return [...own, ...more.map((item) => ({ ...item, soldAmount: null }))];
  });
}

const isAmount = ({ unitAmount }: SoldItem, soldAmount: string): boolean =>
  unitAmount !== null && compareDecimals(unitAmount, soldAmount) === 0;

/** The customer was moved to another version, and the item was not yet. */
function isLeftFrom(history: Before, terms: PlanTerms, item: PriceDifference): boolean {
  const { rateId, unitAmount, soldAmount } = item;
  if (rateId === null || unitAmount === null || soldAmount === null) return false;
  if (history.outdated.includes(rateId)) return true;
  return history.terms.some((former) => {
    const rate = former.rates.find(({ id }) => id === rateId);
    if (!rate || former.catalogVersion === terms.catalogVersion) return false;
    return compareDecimals(centsPerToken(rate.pricePerMillionTokens), unitAmount) === 0;
  });
}

/** Terms that held before, in the period or the one before it, and what is known to be left. */
interface Before {
  readonly terms: readonly PlanTerms[];
  readonly outdated: readonly string[];
}

const NOTHING_BEFORE: Before = { terms: [], outdated: [] };

export function heldBefore(state: BillingState, start: number): Before {
  const last = allPeriods(state).filter((period) => period.start <= start);
  return {
    terms: last.slice(-2).map(({ terms }) => terms),
    // While an earlier draft is held they stay, into the period that has just begun as well.
    outdated: last.at(-1)?.outdatedItems ?? [],
  };
}

const isSame = (a: PriceDifference, b: PriceDifference): boolean =>
  a.priceId === b.priceId &&
  a.unitAmount === b.unitAmount &&
  a.quantity === b.quantity &&
  a.soldAmount === b.soldAmount;

/** An operator has accepted these very figures; others are an exception again. */
export const isAccepted = (
  { acceptedPrices }: Pick<BillingState, 'acceptedPrices'>,
  difference: PriceDifference,
): boolean => acceptedPrices?.some((price) => isSame(price, difference)) ?? false;

/** The terms with what was accepted in place of what was sold. */
export function withAcceptedPrices(
  terms: PlanTerms,
  acceptedPrices: readonly PriceDifference[],
): PlanTerms {
  const base = acceptedPrices.find((one) => one.planId === terms.planId && one.soldAmount !== null);
  const rates = terms.rates.map((rate) => {
    const acceptedPrice = acceptedPrices.find(
      (one) => one.rateId === rate.id && one.soldAmount !== null,
    );
    if (!acceptedPrice?.unitAmount) return rate;
    return { ...rate, pricePerMillionTokens: pricePerMillion(acceptedPrice.unitAmount) };
  });
  if (!base?.unitAmount) return { ...terms, rates };
  const amount = multiplyDecimals(base.unitAmount, String(base.quantity));
  return {
    ...{ ...terms, rates },
    ...{ monthlyPriceCents: roundHalfUpCents(amount), baseQuantity: base.quantity },
  };
}

/** No subscription has so many items: what was accepted of others is of no more use. */
const ACCEPTED_MAX = 50;

/** Accepts a difference that is open; undefined says that it is not, or has no single amount. */
export function acceptPrice(state: BillingState, priceId: string): BillingState | undefined {
  const difference = state.priceDifferences?.find((one) => one.priceId === priceId);
  if (!difference || difference.unitAmount === null) return undefined;
  const others = (state.acceptedPrices ?? []).filter((one) => one.priceId !== priceId);
  return { ...state, acceptedPrices: [...others, difference].slice(-ACCEPTED_MAX) };
}

/** A sentence for an operator: both figures, and what to do. */
export function describePrice(difference: PriceDifference): string {
  const { priceId, planId, rateId, unitAmount, quantity, soldAmount } = difference;
  const owner = planId ? `the base price of ${planId}` : rateId ? `rate ${rateId}` : 'nobody’s';
  const unit = rateId ? 'cents a token' : 'cents a period';
  const atStripe =
    unitAmount === null ? 'an amount that is not one per unit' : `${unitAmount} ${unit}`;
  const times = rateId || quantity === 1 ? '' : `, quantity ${quantity}`;
  const soldText =
    soldAmount === null ? 'no such price was sold' : `sold were ${soldAmount} ${unit}`;
  return (
    `The subscription's item with price ${priceId} (${owner}) charges ${atStripe}${times} at ` +
    `Stripe; ${soldText}. No invoice is released before this is settled: put the item right at ` +
    'Stripe (retry looks again at once), or accept_stripe, and the customer is billed and told ' +
    'what Stripe charges.'
  );
}
