/**
 * The time between a subscription that ended and the one with which the customer came back. Usage
 * in it is recorded, billed nowhere, and told with its value.
 */
import { exactCents, subtractDecimals, sumDecimals } from '../money';
import { contains, isoSecond } from '../period';
import { findRate } from '../plans/plan';
import type { Rate } from '../plans/plan';
import type { BillingState } from '../state/billing-state';
import { allPeriods } from '../state/periods';
import type { UnbilledGap, UnbilledUsage } from '../state/remembered';
import type { UsageLine } from '../usage/usage';

/** A customer who comes and goes more often is told of the latest. */
const GAPS_MAX = 12;

export const NO_USAGE: UnbilledUsage = { tokens: 0, valueCents: '0' };

export const addUnbilled = (
  { tokens, valueCents }: UnbilledUsage,
  more: UnbilledUsage,
): UnbilledUsage => ({
  tokens: tokens + more.tokens,
  valueCents: sumDecimals([valueCents, more.valueCents]),
});

/** What the line is worth; the allowance is not asked. */
export function unbilledUsage(rates: readonly Rate[], line: UsageLine): UnbilledUsage {
  const rate = findRate(rates, line);
  const price = rate?.pricePerMillionTokens ?? '0';
  return { tokens: line.tokens, valueCents: exactCents(line.tokens, price) };
}

export const findGap = (state: BillingState, subscriptionId: string): UnbilledGap | undefined =>
  state.gaps?.find((gap) => gap.subscriptionId === subscriptionId);

/** The plan that ended tells what usage in the gap is worth. */
export const ratesBefore = (state: BillingState, { start }: UnbilledGap): readonly Rate[] =>
  allPeriods(state).find(({ end }) => end === start)?.terms.rates ?? [];

export const withGap = (state: BillingState, gap: UnbilledGap): BillingState => {
  const others = (state.gaps ?? []).filter((one) => one.subscriptionId !== gap.subscriptionId);
  return { ...state, gaps: [...others, gap].sort((a, b) => a.start - b.start).slice(-GAPS_MAX) };
};

/** Usage that comes late for the time between. */
export function addToGap(state: BillingState, line: UsageLine): BillingState {
  const gap = state.gaps?.find((one) => contains(one, line.second));
  if (!gap) return state;
  const usage = addUnbilled(gap, unbilledUsage(ratesBefore(state, gap), line));
  return withGap(state, { ...gap, ...usage });
}

/** What nobody has given up yet. */
export function openUsage({ tokens, valueCents, givenUp = NO_USAGE }: UnbilledGap): UnbilledUsage {
  return {
    tokens: tokens - givenUp.tokens,
    valueCents: subtractDecimals(valueCents, givenUp.valueCents),
  };
}

/** So much of it is given up: what came since is told anew. */
export function giveUpGap(state: BillingState, { subscriptionId, ...seen }: UnbilledGap) {
  const gap = findGap(state, subscriptionId);
  const givenUp = { tokens: seen.tokens, valueCents: seen.valueCents };
  return gap ? withGap(state, { ...gap, givenUp }) : state;
}

export function describeGap(gap: UnbilledGap): string {
  const { tokens, valueCents } = openUsage(gap);
  return (
    `Between the end of ${gap.subscriptionId} at ${isoSecond(gap.start)} and the customer's coming ` +
    `back at ${isoSecond(gap.end)} there are ${tokens} tokens, worth ${valueCents} cents at the ` +
    'rates of the plan that ended. They are billed nowhere.'
  );
}
