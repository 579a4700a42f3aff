/**
 * Usage that was recorded before its period's invoice was finalized, and counted after it: it is
 * late because we were, so that no plan writes it off.
 */
import type { BillingState } from '../state/billing-state';
import type { PeriodState } from '../state/period-state';
import { uninvoicedSubject } from '../ids';
import { allPeriods, findAnyPeriod, subscriptionOf, withPeriod } from '../state/periods';
import { NO_LATE_TOKENS, addLate, isOver, withOpen } from '../counting/late-tokens';

/** Subject of what no invoice has of the period that begins then. */
export const uninvoicedSubjectOf = (state: BillingState, start: number): string =>
  uninvoicedSubject(subscriptionOf(state, findAnyPeriod(state, start) ?? {}), start);

/** It is billed as late usage is, and written off by no plan: it came in time. */
export function addInTime(period: PeriodState, rateId: string, tokens: number): PeriodState {
  const added = addLate(period, rateId, tokens);
  const late = added.late?.[rateId] ?? NO_LATE_TOKENS;
  const rate = withOpen(late, { ...late, inTimeTokens: (late.inTimeTokens ?? 0) + tokens });
  return { ...added, late: { ...added.late, [rateId]: rate } };
}

/** What has become late of a line was recorded in time, if its batch was. */
export function noteInTime(
  previousPeriod: PeriodState,
  period: PeriodState,
  recordedFrom: number | undefined,
): PeriodState {
  const { late, finalizedAt } = period;
  if (!late || late === previousPeriod.late || recordedFrom === undefined) return period;
  if (finalizedAt === undefined || recordedFrom >= finalizedAt) return period;
  const rates = Object.entries(late).map(([id, rate]) => {
    const added = rate.tokens - (previousPeriod.late?.[id]?.tokens ?? 0);
    return [
      id,
      added === 0
        ? rate
        : withOpen(rate, { ...rate, inTimeTokens: (rate.inTimeTokens ?? 0) + added }),
    ] as const;
  });
  return { ...period, late: Object.fromEntries(rates) };
}

/** An operator gives it up: then it is written off like any other. */
export function giveUpInTime(state: BillingState, start: number): BillingState {
  const period = allPeriods(state).find((one) => one.start === start);
  if (!period?.late) return state;
  const late = Object.entries(period.late).map(
    ([id, rate]) => [id, withOpen(rate, { ...rate, inTimeTokens: 0 })] as const,
  );
  return withPeriod(state, { ...period, late: Object.fromEntries(late) });
}

/**
 * No invoice will come for these: starts of periods with usage that was recorded in time, and its
 * tokens.
 */
export function uninvoicedInTime(state: BillingState): { start: number; tokens: number }[] {
  if (!isOver(state)) return [];
  return allPeriods(state).flatMap(({ start, late }) => {
    const rates = Object.values(late ?? {});
    const tokens = rates.reduce((sum, { inTimeTokens = 0 }) => sum + inTimeTokens, 0);
    return tokens > 0 ? [{ start, tokens }] : [];
  });
}
