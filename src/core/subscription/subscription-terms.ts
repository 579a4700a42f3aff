/**
 * Tells the terms that the current period is billed by: as bought, as changed, or as was accepted.
 */
import type { BillingState } from '../state/billing-state';
import { countsAlike, isSameSale } from '../plans/sold-terms';
import { withTerms } from '../plans/plan';
import type { PlanTerms } from '../plans/plan';
import { comparePrices, heldBefore, isAccepted, withAcceptedPrices } from '../plans/sold-prices';
import type { ComparedPrices } from '../plans/sold-prices';
import { trialTerms } from './trial';
import type { PeriodState } from '../state/period-state';
import { requestRecount, acceptsUsage } from '../state/periods';
import type { SubscriptionSnapshot } from './subscription-snapshot';

/** The terms become those that Stripe charges, so far as an operator has accepted that. */
export function withPricesAsFound(state: BillingState, snapshot: SubscriptionSnapshot) {
  const { terms, items, currentPeriod, base = terms } = snapshot;
  if (!items || snapshot.endedAt !== null) return { snapshot, prices: NO_DIFFERENCES };
  const history = heldBefore(state, currentPeriod.start);
  const prices = comparePrices(terms, base, items, history);
  const acceptedPrices = prices.differences.filter((one) => isAccepted(state, one));
  return {
    snapshot: { ...snapshot, terms: withAcceptedPrices(terms, acceptedPrices) },
    prices: {
      ...prices,
      differences: prices.differences.filter((one) => !acceptedPrices.includes(one)),
    },
  };
}

const NO_DIFFERENCES: ComparedPrices = { differences: [], outdated: [] };

export function noteOutdated(state: BillingState, prices: ComparedPrices): BillingState {
  const { differences, outdated } = prices;
  const notedState = {
    ...state,
    priceDifferences: differences.length > 0 ? differences : undefined,
  };
  const current = state.periods.at(-1);
  if (!current) return notedState;
  const changed = { ...current, outdatedItems: outdated.length > 0 ? outdated : undefined };
  return { ...notedState, periods: [...state.periods.slice(0, -1), changed] };
}

/**
 * Gives the last period that we know other terms, from its first second on: those of now, or of the
 * plan that it ended with where we slept through its end. What was finalized stays as it is.
 */
export function changeTerms(state: BillingState, snapshot: SubscriptionSnapshot): BillingState {
  const { terms: ofNow, formerTerms, currentPeriod } = snapshot;
  const last = state.periods.at(-1);
  if (!last || !acceptsUsage(last)) return state;
  const isCurrent = last.start === currentPeriod.start;
  const asSold = isCurrent ? ofNow : endedWith(last, formerTerms);
  const terms = last.terms.isTrial ? trialTerms(asSold) : asSold;
  const isExchanged = isCurrent && hasExchangedItems(last, snapshot);
  if (isSameSale(last.terms, terms) && !isExchanged) return state;
  const isCounted = countsAlike(last.terms, terms);
  const advised = withAdvice(terms, last.terms);
  // What was accepted, or repaired, is what has held all the time.
  const isChange =
    terms.planId !== last.terms.planId ||
    (last.terms.catalogVersion !== undefined && terms.catalogVersion !== last.terms.catalogVersion);
  const changed = !isChange ? { ...last, terms: advised } : withTerms(last, advised);
  const periods = [...state.periods.slice(0, -1), changed];
  if (isCounted && !isExchanged) return { ...state, periods };
  // What was reported of an item that is gone is billed by nothing: it is reported again.
  const cut = isExchanged ? last.start : undefined;
  return requestRecount({ ...state, periods }, whatChanged(last.terms, terms), cut);
}

/** We know better how the same plan was sold: the next period may have another catalog. */
const endedWith = ({ terms }: PeriodState, formerTerms: PlanTerms | undefined): PlanTerms =>
  formerTerms && formerTerms.planId !== terms.planId ? formerTerms : terms;

/** What a customer is told within a period stays as it began, while the plan does. */
function withAdvice(terms: PlanTerms, previousTerms: PlanTerms): PlanTerms {
  if (terms.planId !== previousTerms.planId) return terms;
  const { usageThresholds, autoUpgrade } = previousTerms;
  return { ...terms, usageThresholds, autoUpgrade };
}

const whatChanged = (previousTerms: PlanTerms, { planId, catalogVersion }: PlanTerms): string =>
  previousTerms.planId === planId
    ? `plan ${planId} became that of catalog ${catalogVersion}`
    : `plan ${previousTerms.planId} became ${planId}`;

/** A used rate's item was taken off and put on again, at another price. */
function hasExchangedItems(
  { start, rates, meteredFrom }: PeriodState,
  { rateItems, terms }: SubscriptionSnapshot,
): boolean {
  if (terms.catalogVersion === undefined) return false;
  const isNew = (id: string): boolean => (rateItems[id] ?? 0) > (meteredFrom?.[id] ?? start);
  return Object.entries(rates).some(
    ([id, { reports, inFlight }]) => isNew(id) && (reports > 0 || inFlight !== null),
  );
}
