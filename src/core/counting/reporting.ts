/**
 * Reports of billable tokens to Stripe's meters: one at a time per rate, each with a fixed
 * identity. Where a recount has found fewer than were reported, the next report is negative.
 */
import type { BillingState, PeriodState, UsageReport } from './billing-state';
import { findPeriod, withRate } from './billing-state';
import { meterEventIdentifier, meterEventName } from './ids';
import { reportSecond } from './period';
import type { Period } from './period';
import { acceptsUsage } from './rating';

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
 * it is sent again under the same identity), else the oldest period's tokens not yet reported.
 * Stripe allows one call at a time per customer and meter, so periods of a rate take turns.
 */
export function nextReport(state: BillingState, rateId: string, now: number): ReportOf | undefined {
  const periods = state.periods.filter((period) => period.rates[rateId] !== undefined);
  const underWay = periods.find((period) => period.rates[rateId]?.inFlight);
  const report = underWay?.rates[rateId]?.inFlight;
  if (underWay && report) return { periodStart: underWay.start, rateId, report };
  const waiting = periods.find(
    (period) => acceptsUsage(period) && unreported(period, rateId) !== 0,
  );
  const rate = waiting?.rates[rateId];
  if (!waiting || !rate) return undefined;
  return {
    periodStart: waiting.start,
    rateId,
    report: {
      number: rate.reports + 1,
      tokens: atMost(REPORT_TOKENS_MAX, unreported(waiting, rateId)),
      timestamp: reportSecond(meteredSpan(waiting, rateId), rate.lastSecond),
      firstAttemptAt: now,
    },
  };
}

const atMost = (limit: number, tokens: number): number => Math.max(-limit, Math.min(limit, tokens));

/** Stripe bills an item's usage from the second on at which the item was added. */
const meteredSpan = (period: PeriodState, rateId: string): Period => ({
  start: Math.max(period.start, period.meteredFrom?.[rateId] ?? period.start),
  end: period.end,
});

export const beginReport = (state: BillingState, { periodStart, rateId, report }: ReportOf) =>
  withRate(state, periodStart, rateId, (rate) => ({ ...rate, inFlight: report }));

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
  const waiting = state.periods.flatMap((period) =>
    Object.entries(period.rates)
      .filter(([rateId, { inFlight }]) =>
        state.recount === null ? isWaiting(period, rateId) : inFlight !== null,
      )
      .map(([rateId]) => rateId),
  );
  return [...new Set(waiting)].sort();
}

const isWaiting = (period: PeriodState, rateId: string): boolean =>
  period.rates[rateId]?.inFlight !== null ||
  (acceptsUsage(period) && unreported(period, rateId) !== 0);

const unreported = (period: PeriodState, rateId: string): number => {
  const rate = period.rates[rateId];
  return rate ? rate.tokens - rate.reportedTokens : 0;
};

/** Each rate that the period may have reports of: the plan's, and those of a plan before it. */
export function meteredRates(period: PeriodState): { id: string; meterEventName: string }[] {
  const ids = [...period.terms.rates.map(({ id }) => id), ...Object.keys(period.rates)];
  return [...new Set(ids)].map((id) => ({ id, meterEventName: meterEventName(id) }));
}

/** Everything billable of the period is acknowledged by Stripe. */
export function isFlushed(state: BillingState, periodStart: number): boolean {
  const rates = Object.values(findPeriod(state, periodStart)?.rates ?? {});
  return rates.every((rate) => rate.inFlight === null && rate.tokens === rate.reportedTokens);
}

export const reportIdentifier = (state: BillingState, { periodStart, rateId, report }: ReportOf) =>
  meterEventIdentifier({
    subscriptionId: state.subscriptionId ?? state.customer,
    periodStart,
    rateId,
    reportNumber: report.number,
  });
