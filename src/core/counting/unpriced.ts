/** Usage that no rate prices is billed to nobody: somebody decides that, and hears of it. */
import type { BillingState } from '../state/billing-state';
import { findException, withException, withoutException } from '../state/exceptions';
import { isoSecond } from '../period';
import type { PeriodState } from '../state/period-state';
import { allPeriods, withPeriod } from '../state/periods';

const subjectOf = ({ start }: PeriodState): string => isoSecond(start);

const untold = ({ unpricedTokens, writtenOffTokens = 0 }: PeriodState): number =>
  unpricedTokens - writtenOffTokens;

/** Each period has one exception, with the tokens of now. `now` is in Unix milliseconds. */
export function noteUnpriced(state: BillingState, now: number): BillingState {
  return allPeriods(state).reduce((stateSoFar, period) => {
    const exception = { kind: 'usage_unpriced' as const, subject: subjectOf(period) };
    if (untold(period) <= 0) return withoutException(stateSoFar, exception);
    const message = describe(period);
    if (findException(stateSoFar, exception)?.message === message) return stateSoFar;
    return withException(stateSoFar, { ...exception, message }, now);
  }, state);
}

const describe = (period: PeriodState): string =>
  `${untold(period)} billable tokens of the period from ${isoSecond(period.start)} on have no ` +
  `price: no rate of plan ${period.terms.planId} as it was sold covers their models and token ` +
  'types. They are recorded, and on no invoice. Move the customer to a catalog version with a ' +
  'rate for them, or write_off.';

/** They are given up as they are; more is told again. */
export function writeOffUnpriced(state: BillingState, subject: string): BillingState {
  const period = allPeriods(state).find((one) => subjectOf(one) === subject);
  if (!period) return state;
  return withPeriod(state, { ...period, writtenOffTokens: period.unpricedTokens });
}
