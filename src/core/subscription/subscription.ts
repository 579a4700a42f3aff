/** What the workflow takes over from Stripe's subscription: its state, its plan and its periods. */
import type { RecoveredBilling } from '../state/billing-past';
import type { BillingState, BillingStatus } from '../state/billing-state';
import { followDiscounts } from '../discounts/subscription-discounts';
import { dropSpentGrants, inOrderOfUse } from '../counting/grants';
import type { Period } from '../period';
import { contains, periodsSince } from '../period';
import { goOnFrom } from '../state/recovery';
import { noteVendorItems } from '../vendors/vendor-items';
import { succeed } from './succession';
import { changeTerms, noteOutdated, withPricesAsFound } from './subscription-terms';
import { noteTrial } from './trial';
import type { PeriodState } from '../state/period-state';
import {
  lastKnownPeriod,
  requestRecount,
  openPeriod,
  acceptsUsage,
  NO_TOKENS,
} from '../state/periods';
import { hasUnsettledLate } from '../counting/late-tokens';
import type { SubscriptionSnapshot } from './subscription-snapshot';

/** Late usage is at most 35 days behind; past this nothing can come for a period any more. */
export const LATE_SECONDS_MAX = 36 * 24 * 60 * 60;

/**
 * Opens the periods that Stripe knows and we don't, and takes over a change of plan or a period cut
 * short. Reading the same again changes nothing.
 */
export function followSubscription(
  previousState: BillingState,
  reading: SubscriptionSnapshot,
): BillingState {
  const continued = goOn(previousState, reading);
  const state = succeed(continued, reading);
  const { snapshot, prices } = withPricesAsFound(state, reading);
  const billingStatus = billingStatusOf(snapshot.status);
  const knownState: BillingState = {
    ...state,
    subscriptionId: snapshot.subscriptionId,
    stripeCustomerId: snapshot.stripeCustomerId,
    billingStatus,
    standing: followDiscounts(state.standing, snapshot),
    ...(snapshot.isCustomerGone && { isCustomerGone: true }),
  };
  const cut = cutShort(extend(knownState, snapshot), snapshot);
  const planned = changeTerms(cut, snapshot);
  const isFirst = state.billingStatus === 'pending' || state !== continued;
  const opened = openNew(planned, isFirst, snapshot);
  const tried = noteTrial(opened, snapshot);
  const metered = noteMeteredFrom(noteVendorItems(tried, snapshot.rateItems), snapshot);
  const notedState = noteOutdated(metered, prices);
  // A period more, or the knowledge that none will come: the waiting batch can be looked at again.
  const isNews = endOf(opened) > endOf(state) || billingStatus === 'ended';
  const awaitsPeriod = state.awaitsPeriod && !isNews;
  return dropSpentGrants(forgetOld({ ...notedState, awaitsPeriod }));
}

/** The first reading alone goes on from what an earlier workflow has left behind. */
function goOn(state: BillingState, { recovered, ...read }: SubscriptionSnapshot): BillingState {
  if (!recovered) return state;
  const grants = inOrderOfUse(recovered.grants);
  if (!recovered.past) return { ...state, grants };
  const { subscriptionId } = read;
  const firstState = { ...state, subscriptionId, billingStatus: billingStatusOf(read.status) };
  return goOnFrom(firstState, recovered.past, grants);
}

const endOf = ({ periods }: BillingState): number => periods.at(-1)?.end ?? 0;

/** A trial was extended: its period is. Usage beyond it has been waiting, so all counts stand. */
function extend(state: BillingState, { currentPeriod, endedAt }: SubscriptionSnapshot) {
  const last = state.periods.at(-1);
  if (!last || !acceptsUsage(last) || endedAt !== null) return state;
  if (last.start !== currentPeriod.start || last.end >= currentPeriod.end) return state;
  const periods = [...state.periods.slice(0, -1), { ...last, end: currentPeriod.end }];
  return { ...state, periods };
}

/** The subscription ended, or began a new period early: ours ends there too. */
function cutShort(state: BillingState, snapshot: SubscriptionSnapshot): BillingState {
  const last = state.periods.at(-1);
  if (!last || !acceptsUsage(last)) return state;
  const { currentPeriod, endedAt } = snapshot;
  const isShorterTrial = last.terms.isTrial && currentPeriod.end === snapshot.trialEnd;
  const lasts = isShorterTrial ? currentPeriod.end : last.end;
  const cut = endedAt ?? (currentPeriod.start > last.start ? currentPeriod.start : lasts);
  if (cut >= last.end || !isWithin(cut, last, snapshot)) return state;
  const wholeEnd = last.wholeEnd ?? last.end;
  const periods = [...state.periods.slice(0, -1), { ...last, end: cut, wholeEnd }];
  return requestRecount({ ...state, periods }, `the period ended early, at ${cut}`, last.start);
}

/** It may have ended as the period began: 0.1.0, whose readings are to replay, left that whole. */
const isWithin = (cut: number, { start }: Period, { endedAt, trialStart }: SubscriptionSnapshot) =>
  cut > start || (cut === start && cut === endedAt && trialStart !== undefined);

function openNew(
  state: BillingState,
  isFirst: boolean,
  snapshot: SubscriptionSnapshot,
): BillingState {
  const { currentPeriod, invoiceEdges, terms, endedAt, recovered } = snapshot;
  // The periods of a subscription that has ended end with it.
  const end = Math.min(currentPeriod.end, endedAt ?? currentPeriod.end);
  if (end <= currentPeriod.start) return state;
  const cut = end < currentPeriod.end && { wholeEnd: currentPeriod.end };
  const last = lastKnownPeriod(state);
  const knownEnd = isFirst ? firstSecond(snapshot) : last?.end;
  const current = { start: currentPeriod.start, end };
  const previousTerms = last && !isFirst && !last.terms.isTrial ? last.terms : terms;
  const opened = periodsSince(knownEnd, current, invoiceEdges)
    .filter((period) => !isPause(period, snapshot))
    .map((period) => openPeriod(period, period.end === end ? terms : previousTerms))
    .map((period) => takeOverReports(period, recovered))
    .map((period) => (period.end === end ? { ...period, ...cut } : period));
  return { ...state, periods: [...state.periods, ...opened] };
}

/**
 * After a trial that ended without a way to pay, nothing is billed until it is resumed. A month
 * that we slept through looks the same, but there is an invoice for it.
 */
const isPause = (period: Period, snapshot: SubscriptionSnapshot): boolean =>
  period.start === snapshot.trialEnd &&
  period.end === snapshot.currentPeriod.start &&
  !snapshot.invoiceEdges.some(
    (edge, at, edges) => at % 2 === 0 && edge === period.start && edges[at + 1] === period.end,
  );

function noteMeteredFrom(state: BillingState, { rateItems }: SubscriptionSnapshot): BillingState {
  const current = state.periods.at(-1);
  if (!current) return state;
  const midPeriodItems = Object.entries(rateItems).filter(
    ([, added]) => added > current.start && contains(current, added),
  );
  const meteredFrom = { ...current.meteredFrom, ...Object.fromEntries(midPeriodItems) };
  if (Object.keys(meteredFrom).length === 0) return state;
  return { ...state, periods: [...state.periods.slice(0, -1), { ...current, meteredFrom }] };
}

/**
 * Forgets archived periods for which nothing can come any more, and of whose plan no invoice that
 * is still open has a line.
 */
function forgetOld(state: BillingState): BillingState {
  const oldest = state.periods[0]?.start ?? 0;
  const latest = state.periods.at(-1)?.start ?? 0;
  const from = Math.min(oldest, latest - LATE_SECONDS_MAX);
  const archived = state.archived.filter(
    (period) => takesUsageUntil(state, period) > from || hasUnsettledLate(period),
  );
  return { ...state, archived };
}

/** The last period of an earlier subscription tells what usage was worth until the next one. */
const takesUsageUntil = (state: BillingState, { subscriptionId, end }: PeriodState): number =>
  subscriptionId === undefined
    ? end
    : (state.gaps?.find((gap) => gap.subscriptionId === subscriptionId && gap.start === end)?.end ??
      end);

/** A workflow that begins late takes over from the subscription's first second not yet billed. */
const firstSecond = ({ startedAt, recovered }: SubscriptionSnapshot): number =>
  recovered?.archivedUntil ?? startedAt;

function takeOverReports(
  period: PeriodState,
  recoveredBilling: RecoveredBilling | undefined,
): PeriodState {
  const reported = recoveredBilling?.reports?.filter(
    ({ periodStart }) => periodStart === period.start,
  );
  const rates = reported?.map(({ rateId, reports, reportedTokens }) => [
    rateId,
    { ...NO_TOKENS, reports, reportedTokens, lastSecond: period.start },
  ]);
  return { ...period, rates: Object.fromEntries(rates ?? []) as PeriodState['rates'] };
}

export function billingStatusOf(stripeStatus: string): BillingStatus {
  switch (stripeStatus) {
    case 'canceled':
    case 'incomplete_expired':
      return 'ended';
    case 'past_due':
    case 'unpaid':
      return 'past_due';
    case 'incomplete':
    case 'paused':
    case 'trialing':
      return stripeStatus;
    default:
      return 'active';
  }
}
