/**
 * Reports of billable tokens to Stripe's meters: one at a time per rate, each with a fixed
 * identity. Where a recount has found fewer than were reported, the next report is negative.
 */
import type { BillingState } from '../state/billing-state';
import { meterEventIdentifier, meterEventName } from '../ids';
import { mayBill } from '../state/may-bill';
import { reportSecond } from '../period';
import type { Period } from '../period';
import { leastRecentlyRefused } from '../state/refused';
import { lacksItem } from '../vendors/vendor-items';
import type { PeriodState, UsageReport } from '../state/period-state';
import { findPeriod, subscriptionOf, withRate, acceptsUsage } from '../state/periods';

/** Stripe takes whole numbers of at most 15 digits; more waits for the next report. */
export const REPORT_TOKENS_MAX = 999_999_999_999_999;

/** A report and where it belongs. */
export interface ReportOf {
  readonly periodStart: number;
  readonly rateId: string;
  readonly report: UsageReport;
}

/**
 * What is to be sent next for a rate: the report under way if there is one (after a continue-as-new
 * it is sent again under the same identity), else the oldest period's tokens not yet reported. One
 * that Stripe refused, because it is too old, say, comes after all others.
 * Stripe allows one call at a time per customer and meter, so periods of a rate take turns.
 */
export function nextReport(state: BillingState, rateId: string, now: number): ReportOf | undefined {
  const periods = state.periods.filter((period) => period.rates[rateId] !== undefined);
  const underWay = periods.flatMap(({ start: periodStart, rates }): ReportOf[] => {
    const report = rates[rateId]?.inFlight;
    return report ? [{ periodStart, rateId, report }] : [];
  });
  const next = underWay.find(({ report }) => report.refusedAt === undefined);
  if (next) return next;
  const nextPeriod = periods.find(
    (period) =>
      isReportable(state, period, rateId) &&
      period.rates[rateId]?.inFlight === null &&
      unreported(period, rateId) !== 0,
  );
  const rate = nextPeriod?.rates[rateId];
  if (!nextPeriod || !rate) return refusedReport(state, underWay, now);
  return {
    periodStart: nextPeriod.start,
    rateId,
    report: {
      number: rate.reports + 1,
      tokens: atMost(REPORT_TOKENS_MAX, unreported(nextPeriod, rateId)),
      timestamp: secondFor(nextPeriod, rateId, rate.lastSecond, now),
      firstAttemptAt: now,
    },
  };
}

/** A refused report may have been too old: the same one is sent again as of a later second. */
function refusedReport(
  state: BillingState,
  reports: readonly ReportOf[],
  now: number,
): ReportOf | undefined {
  const oldestRefusal = leastRecentlyRefused(reports, ({ report }) => report.refusedAt);
  const period = oldestRefusal && findPeriod(state, oldestRefusal.periodStart);
  if (!period) return oldestRefusal;
  const { rateId, report } = oldestRefusal;
  const timestamp = secondFor(period, rateId, report.timestamp, now);
  return { ...oldestRefusal, report: { ...report, timestamp } };
}

/** Stripe takes no timestamp of more than 35 days ago: a day is left for what is repeated. */
const TOO_OLD_SECONDS = 34 * 24 * 60 * 60;

/**
 * Tells when the usage was, or the period's last second where that is too long ago by now: any
 * second of the period is billed alike. The last second of a period that Stripe has not ended yet
 * would be to come.
 */
function secondFor(period: PeriodState, rateId: string, second: number, now: number): number {
  const isOld = period.phase !== 'open' && second < now / 1000 - TOO_OLD_SECONDS;
  return reportSecond(meteredSpan(period, rateId), isOld ? period.end : second);
}

const atMost = (limit: number, tokens: number): number => Math.max(-limit, Math.min(limit, tokens));

/** Stripe bills an item's usage from the second on at which the item was added. */
const meteredSpan = (period: PeriodState, rateId: string): Period => ({
  start: Math.max(period.start, period.meteredFrom?.[rateId] ?? period.start),
  end: period.end,
});

export const beginReport = (state: BillingState, { periodStart, rateId, report }: ReportOf) =>
  withRate(state, periodStart, rateId, (rate) => ({ ...rate, inFlight: report }));

export const refuseReport = (
  state: BillingState,
  { periodStart, rateId }: ReportOf,
  refusedAt: number,
) =>
  withRate(state, periodStart, rateId, (rate) => ({
    ...rate,
    inFlight: rate.inFlight && { ...rate.inFlight, refusedAt },
  }));

/** Tells that Stripe does not take a report of this rate, of whichever period. */
export const hasRefused = (state: BillingState, rateId: string): boolean =>
  state.periods.some(({ rates }) => rates[rateId]?.inFlight?.refusedAt !== undefined);

/** Stripe has it, now or from an earlier attempt. */
export const acknowledgeReport = (state: BillingState, { periodStart, rateId, report }: ReportOf) =>
  withRate(state, periodStart, rateId, (rate) => ({
    ...rate,
    reports: report.number,
    reportedTokens: rate.reportedTokens + report.tokens,
    inFlight: null,
  }));

/**
 * Rates with something to send, in a stable order. While the ledger is counted again nothing new is
 * begun: its figures are about to change.
 */
export function ratesToReport(state: BillingState): string[] {
  if (!mayBill(state) || state.isCustomerGone) return [];
  const rateIds = state.periods.flatMap((period) =>
    Object.entries(period.rates)
      .filter(([rateId, { inFlight }]) =>
        state.recount === null ? isWaiting(state, period, rateId) : inFlight !== null,
      )
      .map(([rateId]) => rateId),
  );
  return [...new Set(rateIds)].sort();
}

const isWaiting = (state: BillingState, period: PeriodState, rateId: string): boolean =>
  period.rates[rateId]?.inFlight !== null ||
  (isReportable(state, period, rateId) && unreported(period, rateId) !== 0);

/**
 * Stripe would bill it by the old price if that is about to be exchanged, and by none before there
 * is an item.
 */
const isReportable = (state: BillingState, period: PeriodState, rateId: string): boolean =>
  acceptsUsage(period) &&
  !(period.outdatedItems?.includes(rateId) ?? false) &&
  !lacksItem(state, period, rateId);

const unreported = (period: PeriodState, rateId: string): number => {
  const rate = period.rates[rateId];
  return rate ? rate.tokens - rate.reportedTokens : 0;
};

export interface MeteredRate {
  readonly id: string;
  readonly meterEventName: string;
  /** Its item was added or exchanged within the period: what came before is not billed by it. */
  readonly from?: number;
}

/** Each rate that the period may have reports of: the plan's, and those of a plan before it. */
export function meteredRates(period: PeriodState): MeteredRate[] {
  const ids = [...period.terms.rates.map(({ id }) => id), ...Object.keys(period.rates)];
  return [...new Set(ids)].map((id) => {
    const from = period.meteredFrom?.[id];
    return { id, meterEventName: meterEventName(id), ...(from !== undefined && { from }) };
  });
}

/** Stripe has taken so much of the period, by rate. */
export const acknowledgedTokens = ({ rates }: PeriodState): Record<string, number> =>
  Object.fromEntries(Object.entries(rates).map(([id, rate]) => [id, rate.reportedTokens]));

/** Tells whether Stripe has acknowledged everything billable of the period. */
export function isFlushed(state: BillingState, periodStart: number): boolean {
  const rates = Object.values(findPeriod(state, periodStart)?.rates ?? {});
  return (
    mayBill(state) &&
    rates.every((rate) => rate.inFlight === null && rate.tokens === rate.reportedTokens)
  );
}

export const reportIdentifier = (state: BillingState, { periodStart, rateId, report }: ReportOf) =>
  meterEventIdentifier({
    subscriptionId: subscriptionOf(state, findPeriod(state, periodStart) ?? {}),
    periodStart,
    rateId,
    reportNumber: report.number,
  });
