/** Finds, replaces and opens the periods of a state. */
import type { PeriodState, RateState } from './period-state';
import type { BillingState } from './billing-state';
import type { Period } from '../period';
import type { PlanTerms } from '../plans/plan';
import { REASONS_MAX } from '../state-bounds';

/** Replaces the period with the same start, archived or not. */
export function withPeriod(state: BillingState, changed: PeriodState): BillingState {
  const replace = (periods: readonly PeriodState[]) =>
    periods.map((period) => (period.start === changed.start ? changed : period));
  return { ...state, periods: replace(state.periods), archived: replace(state.archived) };
}

export const findPeriod = (state: BillingState, start: number): PeriodState | undefined =>
  state.periods.find((period) => period.start === start);

/** Puts a period away: nothing of it is due any more. */
export function archive(state: BillingState, start: number): BillingState {
  const isIt = (period: PeriodState): boolean => period.start === start;
  return {
    ...state,
    periods: state.periods.filter((period) => !isIt(period)),
    archived: [...state.archived, ...state.periods.filter(isIt)].sort((a, b) => a.start - b.start),
  };
}

/** Finds it archived or not. */
export const findAnyPeriod = (state: BillingState, start: number): PeriodState | undefined =>
  allPeriods(state).find((period) => period.start === start);

/** The oldest is first, archived ones included: a later one may be paid before an earlier one. */
export const allPeriods = (state: BillingState): PeriodState[] =>
  [...state.archived, ...state.periods].sort((a, b) => a.start - b.start);

/** Periods are known up to its end. */
export const lastKnownPeriod = (state: BillingState): PeriodState | undefined =>
  allPeriods(state).at(-1);

/** Its subscription's id; the customer's stands in for it before one is known. */
export const subscriptionOf = (
  { subscriptionId, customer }: Pick<BillingState, 'subscriptionId' | 'customer'>,
  period: Pick<PeriodState, 'subscriptionId'>,
): string => period.subscriptionId ?? subscriptionId ?? customer;

/** It is the one that we bill, or one that we have billed and still have periods of. */
export const isSubscriptionOf = (state: BillingState, id: string): boolean =>
  id === state.subscriptionId || allPeriods(state).some((one) => one.subscriptionId === id);

/** Its subscription has ended: no draft and no item of that one is still to come. */
export const isOfEnded = (
  { billingStatus }: Pick<BillingState, 'billingStatus'>,
  period: Pick<PeriodState, 'subscriptionId'>,
): boolean => period.subscriptionId !== undefined || billingStatus === 'ended';

/** The last period of this subscription, as long as it is open. */
export const lastOpenOf = (state: BillingState, subscriptionId: string): PeriodState | undefined =>
  state.periods.filter((period) => subscriptionOf(state, period) === subscriptionId).at(-1);

/** Replaces one rate of the period with this start. */
export function withRate(
  state: BillingState,
  start: number,
  rateId: string,
  change: (rate: RateState) => RateState,
): BillingState {
  const period = findPeriod(state, start);
  const rate = period?.rates[rateId];
  if (!period || !rate) return state;
  return withPeriod(state, { ...period, rates: { ...period.rates, [rateId]: change(rate) } });
}

/** Asks for the ledger to be counted again; a repetition asks for it once more. */
export function requestRecount(
  state: BillingState,
  reason: string,
  cutPeriod = state.recount?.cutPeriod,
): BillingState {
  const number = (state.recounts ?? 0) + 1;
  // The same is not said twice, and of very many the first say enough.
  const reasons = [...new Set([...(state.recount?.reasons ?? []), reason])].slice(0, REASONS_MAX);
  const recount = { ...state.recount, number, reasons };
  const withCut = { ...recount, ...(cutPeriod !== undefined && { cutPeriod }) };
  return { ...state, recounts: number, recount: withCut };
}

export function openPeriod(period: Period, terms: PlanTerms): PeriodState {
  return {
    start: period.start,
    end: period.end,
    terms,
    phase: 'open',
    usedTokens: 0,
    unpricedTokens: 0,
    rates: {},
    invoice: null,
  };
}

/** Nothing is billable of this rate yet. */
export const NO_TOKENS: RateState = {
  tokens: 0,
  reportedTokens: 0,
  reports: 0,
  lastSecond: 0,
  inFlight: null,
};

/**
 * A period takes usage that belongs to it until its invoice is finalized, however late it arrives.
 */
export const acceptsUsage = (period: PeriodState): boolean =>
  period.phase === 'open' || period.phase === 'closing' || period.phase === 'reconciled';
