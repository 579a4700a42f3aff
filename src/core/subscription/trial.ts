/** Tells which periods are of a trial, and what their terms are. Stripe bills no usage of one. */
import type { BillingState } from '../state/billing-state';
import type { Period } from '../period';
import type { PlanTerms } from '../plans/plan';
import type { PeriodState } from '../state/period-state';
import { requestRecount, acceptsUsage } from '../state/periods';
import type { SubscriptionSnapshot } from './subscription-snapshot';

type TrialAtStripe = Pick<SubscriptionSnapshot, 'trialStart' | 'trialEnd'>;

/** The plan is tried: nothing is paid for it. */
export const trialTerms = (terms: PlanTerms): PlanTerms => ({
  ...terms,
  isTrial: true,
  monthlyPriceCents: 0,
});

/**
 * Stripe bills no usage of a trial. One that we took for an ordinary period has been reported: it
 * is counted again, and taken back.
 */
export function noteTrial(state: BillingState, snapshot: TrialAtStripe): BillingState {
  const isNews = (period: PeriodState): boolean =>
    !period.terms.isTrial && acceptsUsage(period) && isTrial(period, snapshot);
  const tried = state.periods.filter(isNews);
  if (tried.length === 0) return state;
  const periods = state.periods.map((period) =>
    isNews(period) ? { ...period, terms: trialTerms(period.terms) } : period,
  );
  const marked = { ...state, periods };
  const isCounted = tried.some(({ usedTokens, rates }) => usedTokens > 0 || hasAny(rates));
  return isCounted ? requestRecount(marked, 'usage of a trial is not billed') : marked;
}

const hasAny = (rates: PeriodState['rates']): boolean =>
  Object.values(rates).some(({ tokens, reportedTokens }) => tokens > 0 || reportedTokens > 0);

const isTrial = ({ start, end }: Period, { trialStart, trialEnd }: TrialAtStripe): boolean =>
  (trialStart ?? null) !== null &&
  trialEnd !== null &&
  start >= Number(trialStart) &&
  end <= trialEnd;
