/** Reports to Stripe's meters, and reads back what they have. */
import type { Period } from '../src/core/period';
import type { MeteredRate } from '../src/core/counting/reporting';
import type { Statement } from '../src/core/invoices/statement';
import { findAuditDetail } from '../src/db/audit-entries';
import { recordReport } from '../src/db/period-projection';
import { createMeterSums } from '../src/stripe/meter-sums';
import { createMeterCalls } from '../src/stripe/meter-transport';
import type { SendReport } from '../src/stripe/meter-transport';
import { attemptKey } from './attempt-key';
import type { ActivityDeps } from './deps';

/** Stripe keeps an identifier for at least 24 hours; past this we no longer rely on it. */
const IDENTIFIER_TRUSTED_MS = 23 * 60 * 60 * 1000;

export interface ReportUsageRequest {
  readonly customer: string;
  readonly stripeCustomerId: string;
  readonly identifier: string;
  readonly meterEventName: string;
  readonly rateId: string;
  readonly period: Period;
  /**
   * Second at which the rate's item was added or exchanged within the period. Absent: it was there
   * before.
   */
  readonly meteredFrom?: number;
  readonly tokens: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Unix milliseconds of the first attempt, whichever run or process made it. */
  readonly firstAttemptAt: number;
  /** Tokens of this rate and period that Stripe had acknowledged before this report. */
  readonly acknowledgedTokens: number;
  /** The period's statement once this report is acknowledged. */
  readonly statement: Statement;
}

export interface ReportedUsage {
  readonly tokens: number;
}

interface MeterTools extends ActivityDeps {
  readonly meterSums: ReturnType<typeof createMeterSums>;
  readonly sendReport: SendReport;
}

export function createMeterActivities(deps: ActivityDeps) {
  const meterSums = createMeterSums(deps.stripe);
  const { sendReport = createMeterCalls(deps.stripe) } = deps;
  const tools: MeterTools = { ...deps, meterSums, sendReport };
  return {
    reportUsage: (request: ReportUsageRequest): Promise<ReportedUsage> =>
      reportUsage(tools, request),

    /** Tokens that Stripe's meters have for the period, by rate. */
    sumMeters: (request: {
      customer: string;
      stripeCustomerId: string;
      start: number;
      end: number;
      rates: readonly MeteredRate[];
    }): Promise<Record<string, number>> =>
      meterSums.sumRates(request.rates, request.stripeCustomerId, request),
  };
}

/** The tokens that Stripe has under this identifier. */
async function reportUsage(tools: MeterTools, request: ReportUsageRequest): Promise<ReportedUsage> {
  const { pool } = tools;
  const { customer, identifier, rateId, tokens, timestamp, period } = request;
  const earlierReport = await findAuditDetail(pool, customer, identifier);
  // A run that was reset gives the number out again, perhaps for other tokens.
  if (earlierReport && earlierReport.tokens !== tokens)
    return { tokens: Number(earlierReport.tokens) };
  const outcome = earlierReport ? 'found' : await send(tools, request);
  const entry = {
    ...{ customer, key: identifier, kind: 'usage_reported' },
    detail: { rateId, tokens, timestamp, period, identifier, outcome },
  };
  await recordReport(pool, entry, request.statement);
  return { tokens };
}

async function send(tools: MeterTools, request: ReportUsageRequest): Promise<'sent' | 'found'> {
  if (await hasArrivedBefore(tools, request)) return 'found';
  return tools.sendReport(request, attemptKey(request.identifier));
}

/** True when an earlier attempt got through: Stripe's sum already has this report in it. */
async function hasArrivedBefore(
  { meterSums, now }: MeterTools,
  request: ReportUsageRequest,
): Promise<boolean> {
  if (now() - request.firstAttemptAt < IDENTIFIER_TRUSTED_MS) return false;
  const { meterEventName, stripeCustomerId, period, meteredFrom = period.start } = request;
  const start = Math.max(period.start, meteredFrom);
  const sum = await meterSums.sum(meterEventName, stripeCustomerId, { ...period, start });
  const expected = request.acknowledgedTokens + request.tokens;
  return request.tokens < 0 ? sum <= expected : sum >= expected;
}
