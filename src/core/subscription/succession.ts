/**
 * A customer comes back: another subscription follows the one that has ended. The periods of both
 * stand side by side, and what the earlier one has left to settle is settled as before.
 */
import type { BillingState } from '../state/billing-state';
import type { PeriodState } from '../state/period-state';
import { lastKnownPeriod, requestRecount } from '../state/periods';
import type { TokenGrant } from '../state/remembered';
import { usageAfterEnd } from './after-end';
import type { SubscriptionSnapshot } from './subscription-snapshot';
import { withGap } from './unbilled-gap';

/** The first reading of the next subscription. Reading it again changes nothing. */
export function succeed(state: BillingState, snapshot: SubscriptionSnapshot): BillingState {
  const { subscriptionId } = state;
  if (subscriptionId === null || subscriptionId === snapshot.subscriptionId) return state;
  const { afterEnd, afterEndGivenUp, vendorItems, ...kept } = state;
  const ofFormer = (periods: readonly PeriodState[]): PeriodState[] =>
    periods
      .filter((period) => !isEmptyBefore(period, snapshot))
      .map((period) => ({ subscriptionId, ...(vendorItems && { vendorItems }), ...period }));
  const periods = { periods: ofFormer(kept.periods), archived: ofFormer(kept.archived) };
  const grants = grantsAfter(state, snapshot);
  const returned = {
    ...kept,
    ...periods,
    grants,
    awaitsPeriod: false,
    priceDifferences: undefined,
  };
  const withUsageBefore = noteGap(returned, state, snapshot);
  const isAnyUnbilled = afterEnd ?? afterEndGivenUp ?? state.unbilledTokens > 0;
  return isAnyUnbilled ? requestReturn(withUsageBefore, subscriptionId, snapshot) : withUsageBefore;
}

/** The one subscription at Stripe with our prices that may follow the one that has ended. */
export function successorOf(snapshot: SubscriptionSnapshot): string | undefined {
  const { endedAt, isCustomerGone, otherSubscriptions = [] } = snapshot;
  const [successor, ...more] = otherSubscriptions;
  return endedAt === null || isCustomerGone || more.length > 0 ? undefined : successor;
}

/** Nothing can be in it, and the next one begins in the same second: a clock stood still. */
const isEmptyBefore = ({ start, end }: PeriodState, { startedAt }: SubscriptionSnapshot): boolean =>
  start === end && start === startedAt;

/** Where they end with a subscription, what is left of them covers nothing of the next one. */
function grantsAfter(
  state: BillingState,
  { grantsAfterEnd }: SubscriptionSnapshot,
): readonly TokenGrant[] {
  const end = lastKnownPeriod(state)?.end;
  if (grantsAfterEnd !== 'expire' || end === undefined) return state.grants;
  return state.grants.map((grant) => ({
    ...grant,
    expiresAt: Math.min(grant.expiresAt ?? end, end),
  }));
}

function noteGap(
  returned: BillingState,
  state: BillingState,
  { startedAt }: SubscriptionSnapshot,
): BillingState {
  const { subscriptionId, afterEndGivenUp: givenUp } = state;
  const start = lastKnownPeriod(state)?.end;
  if (subscriptionId === null || start === undefined || start >= startedAt) return returned;
  const gap = { subscriptionId, start, end: startedAt, ...usageAfterEnd(state) };
  return withGap(returned, { ...gap, ...(givenUp && { givenUp }) });
}

/** Usage of the new subscription may have come before we knew of it, and was taken for unbilled. */
function requestReturn(
  state: BillingState,
  formerId: string,
  { subscriptionId, startedAt }: SubscriptionSnapshot,
): BillingState {
  const { recount, ...counted } = requestRecount(state, `${subscriptionId} follows ${formerId}`);
  return { ...counted, recount: recount && { ...recount, returnedAt: startedAt } };
}
