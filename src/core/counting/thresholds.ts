/**
 * Which thresholds of the allowance a customer is still to be told of. What is due follows from the
 * period alone, so nothing is queued: it survives a new run, and a batch that comes again, late or
 * by a recount finds it told.
 */
import type { BillingState } from '../state/billing-state';
import type { PeriodState } from '../state/period-state';
import { findPeriod, withPeriod } from '../state/periods';
import { isPercentReached } from './allowance';

export interface DueThreshold {
  readonly period: PeriodState;
  readonly percent: number;
  /** A higher one is due as well: the customer reads of that, and not of both at once. */
  readonly isOvertaken: boolean;
}

/** Finds the next to tell of: the oldest period's first, and the lowest first. */
export function nextThreshold(state: BillingState): DueThreshold | undefined {
  for (const period of state.periods) {
    const [percent, ...higher] = dueThresholds(period);
    if (percent !== undefined) return { period, percent, isOvertaken: higher.length > 0 };
  }
  return undefined;
}

/** All usage so far has reached these, and they are not told of. */
export function dueThresholds(period: PeriodState): number[] {
  const toldPercents = period.toldThresholds ?? [];
  return (period.terms.usageThresholds ?? []).filter(
    (percent) => !toldPercents.includes(percent) && isReached(period, percent),
  );
}

const isReached = ({ terms, usedTokens }: PeriodState, percent: number): boolean =>
  isPercentReached(terms, usedTokens, percent);

/** The customer has been told; a repetition changes nothing. */
export function noteThreshold(state: BillingState, start: number, percent: number): BillingState {
  const period = findPeriod(state, start);
  const toldPercents = period?.toldThresholds ?? [];
  if (!period || toldPercents.includes(percent)) return state;
  return withPeriod(state, { ...period, toldThresholds: [...toldPercents, percent] });
}
