/** What a customer used while no subscription lasted, with its value: it is on no invoice. */
import type { BillingState } from '../state/billing-state';
import { lastKnownPeriod } from '../state/periods';
import type { UnbilledUsage } from '../state/remembered';
import { usageAfterEnd } from './after-end';

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
  const start = lastKnownPeriod(state)?.end ?? 0;
  const sinceTheEnd = { start, end: null, ...usageAfterEnd(state) };
  return [...times, sinceTheEnd].filter(({ tokens }) => tokens > 0);
}
