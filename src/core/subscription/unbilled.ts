/** What a customer used while no subscription lasted, with its value: it is on no invoice. */
import type { BillingState } from '../state/billing-state';
import { lastKnownPeriod } from '../state/periods';
import type { UnbilledUsage } from '../state/remembered';
import { afterEndValueCents } from './after-end';
import { addUnbilled, NO_USAGE } from './unbilled-gap';

export interface UnbilledTime extends UnbilledUsage {
  /** Unix seconds: the end of a subscription, and the start of the next; null: there is none. */
  readonly start: number;
  readonly end: number | null;
}

/** Oldest first; what an operator has given up is among it. Times without usage are left out. */
export function unbilledTimes(state: BillingState): UnbilledTime[] {
  const times = (state.gaps ?? []).map(({ start, end, tokens, valueCents }) => ({
    ...{ start, end, tokens, valueCents },
  }));
  return [...times, sinceTheEnd(state)].filter(({ tokens }) => tokens > 0);
}

function sinceTheEnd(state: BillingState): UnbilledTime {
  const open = { tokens: state.afterEnd?.tokens ?? 0, valueCents: afterEndValueCents(state) };
  const usage = addUnbilled(open, state.afterEndGivenUp ?? NO_USAGE);
  return { start: lastKnownPeriod(state)?.end ?? 0, end: null, ...usage };
}
