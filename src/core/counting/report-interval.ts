/**
 * How often a customer who uses something all the time is counted and reported: as often as the
 * budget of reports to Stripe's meters has room for, shared by all who do.
 */

/** Nobody's usage waits for longer. */
export const REPORT_INTERVAL_MS_MAX = 60_000;

/** What is counted becomes reports of so many rates, as a rule: own and premium, or a vendor's. */
const REPORTS_EACH = 2;
/** The rest is for closes, cancellations and what Stripe refused. */
const SHARE_OF_BUDGET = 2 / 3;

/**
 * Milliseconds, at least `leastMs`. With 500 reports a second ten thousand customers are reported
 * once a minute, a thousand every six seconds.
 */
export function reportIntervalMs({
  busyCustomers,
  meterEventsPerSecond,
  leastMs,
}: {
  readonly busyCustomers: number;
  readonly meterEventsPerSecond: number;
  readonly leastMs: number;
}): number {
  const seconds = (busyCustomers * REPORTS_EACH) / (meterEventsPerSecond * SHARE_OF_BUDGET);
  return Math.max(leastMs, Math.min(REPORT_INTERVAL_MS_MAX, Math.ceil(seconds * 1000)));
}
