/** Usage of a customer whose subscription has ended is recorded, billed nowhere, and told. */
import type { BillingState } from '../state/billing-state';
import { exactCents, sumDecimals } from '../money';
import { findRate } from '../plans/plan';
import type { UsageLine } from '../usage/usage';
import type { PeriodState } from '../state/period-state';
import { lastKnownPeriod } from '../state/periods';
import type { UnbilledUsage, UsageAfterEnd } from '../state/remembered';
import type { SubscriptionSnapshot } from './subscription-snapshot';
import { addToGap, addUnbilled, NO_USAGE } from './unbilled-gap';

/** No period takes such a line. What came before the first period is not meant. */
export function addAfterEnd(state: BillingState, line: UsageLine): BillingState {
  const last = lastKnownPeriod(state);
  if (!last || line.second < last.end) return addToGap(state, line);
  return state.billingStatus === 'ended' ? addToAfterEnd(state, last, line) : state;
}

/** A count again leaves this out, because the period was cut short before it. */
export function addCutOff(counted: BillingState, line: UsageLine): BillingState {
  const cut = counted.periods.find(
    ({ end, wholeEnd = end }) => line.second >= end && line.second < wholeEnd,
  );
  return cut ? addToAfterEnd(counted, cut, line) : counted;
}

function addToAfterEnd(state: BillingState, last: PeriodState, line: UsageLine): BillingState {
  const { tokens, rates } = state.afterEnd ?? { tokens: 0, rates: {} };
  const rate = findRate(last.terms.rates, line);
  const priced = rate && { [rate.id]: (rates[rate.id] ?? 0) + line.tokens };
  const afterEnd = { tokens: tokens + line.tokens, rates: { ...rates, ...priced } };
  return { ...state, afterEnd };
}

/** Only a subscription that ended has it: where another period follows, that has it. */
export function withCutOff(state: BillingState, cutOff: UsageAfterEnd | undefined): BillingState {
  if (state.billingStatus !== 'ended' || !cutOff) return state;
  const { tokens, rates } = state.afterEnd ?? { tokens: 0, rates: {} };
  const sums = Object.entries(cutOff.rates).map(
    ([id, more]) => [id, (rates[id] ?? 0) + more] as const,
  );
  const afterEnd = {
    tokens: tokens + cutOff.tokens,
    rates: { ...rates, ...Object.fromEntries(sums) },
  };
  return { ...state, afterEnd };
}

/** The rates of the plan that ended tell what it is worth, exact. */
export const afterEndValueCents = (state: BillingState): string =>
  state.afterEnd ? valueCentsOf(state, state.afterEnd) : '0';

/** All of it, what was given up included. */
export const usageAfterEnd = (state: BillingState): UnbilledUsage =>
  addUnbilled(state.afterEndGivenUp ?? NO_USAGE, {
    tokens: state.afterEnd?.tokens ?? 0,
    valueCents: afterEndValueCents(state),
  });

const valueCentsOf = (state: BillingState, { rates }: UsageAfterEnd): string =>
  sumDecimals(
    (lastKnownPeriod(state)?.terms.rates ?? []).map(({ id, pricePerMillionTokens }) =>
      exactCents(rates[id] ?? 0, pricePerMillionTokens),
    ),
  );

export const describeAfterEnd = (state: BillingState): string =>
  `The subscription has ended, and the customer goes on: ${state.afterEnd?.tokens ?? 0} tokens since ` +
  `then, worth ${afterEndValueCents(state)} cents at the rates of its plan, are billed nowhere. Stop ` +
  'them, or give the customer a new subscription.';

/** It is given up: what is not among it is told anew. */
export function withoutAfterEnd(
  { afterEnd, ...state }: BillingState,
  givenUp: UsageAfterEnd | undefined = afterEnd,
): BillingState {
  if (!afterEnd || !givenUp) return state;
  const { tokens } = givenUp;
  const worth = { tokens, valueCents: valueCentsOf(state, givenUp) };
  const afterEndGivenUp = addUnbilled(state.afterEndGivenUp ?? NO_USAGE, worth);
  const rest = afterEnd.tokens - tokens;
  if (rest <= 0) return { ...state, afterEndGivenUp };
  const remainders = Object.entries(afterEnd.rates).map(
    ([id, sum]) => [id, sum - (givenUp.rates[id] ?? 0)] as const,
  );
  const open = { tokens: rest, rates: Object.fromEntries(remainders) };
  return { ...state, afterEndGivenUp, afterEnd: open };
}

/** Billable tokens of a subscription's last period for which there is no invoice. */
export function uninvoicedTokens(state: BillingState, snapshot: SubscriptionSnapshot): number {
  const last = state.periods.at(-1);
  if (snapshot.isLastPeriodInvoiced !== false || !last || last.invoice !== null) return 0;
  // All of it came after the end, and is told as that.
  if (last.end === last.start) return 0;
  return Object.values(last.rates).reduce((sum, { tokens }) => sum + tokens, 0);
}
