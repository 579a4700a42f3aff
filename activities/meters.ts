/** Reporting to Stripe's meters, and reading back what they have. */
import type { Period } from '../src/core/period';
import type { Statement } from '../src/core/statement';
import { appendAuditEntry } from '../src/db/audit-entries';
import { recordStatement } from '../src/db/period-projection';
import { isDuplicateIdentifier } from '../src/stripe/errors';
import { createMeterSums } from '../src/stripe/meter-sums';
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
  readonly tokens: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Unix milliseconds of the first attempt, by whichever run or process. */
  readonly firstAttemptAt: number;
  /** Tokens of this rate and period that Stripe had acknowledged before this report. */
  readonly acknowledgedTokens: number;
  /** The period's statement once this report is acknowledged. */
  readonly statement: Statement;
}

export function createMeterActivities({ pool, stripe, now }: ActivityDeps) {
  const meterSums = createMeterSums(stripe);

  /** True when an earlier attempt got through: Stripe's sum already has this report in it. */
  async function hasArrivedBefore(request: ReportUsageRequest): Promise<boolean> {
    if (now() - request.firstAttemptAt < IDENTIFIER_TRUSTED_MS) return false;
    const { meterEventName, stripeCustomerId, period } = request;
    const sum = await meterSums.sum(meterEventName, stripeCustomerId, period);
    const expected = request.acknowledgedTokens + request.tokens;
    return request.tokens < 0 ? sum <= expected : sum >= expected;
  }

  async function send(request: ReportUsageRequest): Promise<'sent' | 'found'> {
    if (await hasArrivedBefore(request)) return 'found';
    try {
      await stripe.billing.meterEvents.create(
        {
          event_name: request.meterEventName,
          identifier: request.identifier,
          timestamp: request.timestamp,
          payload: {
            stripe_customer_id: request.stripeCustomerId,
            value: String(request.tokens),
          },
        },
        // The identifier is what counts a report once.
        { idempotencyKey: attemptKey(request.identifier) },
      );
      return 'sent';
    } catch (error) {
      if (isDuplicateIdentifier(error)) return 'found';
      throw error;
    }
  }

  return {
    reportUsage: async (request: ReportUsageRequest): Promise<void> => {
      const outcome = await send(request);
      const { customer, identifier, rateId, tokens, timestamp, period } = request;
      await appendAuditEntry(pool, {
        customer,
        key: identifier,
        kind: 'usage_reported',
        detail: { rateId, tokens, timestamp, period, identifier, outcome },
      });
      await recordStatement(pool, request.statement);
    },

    /** Tokens that Stripe's meters have for the period, by rate. */
    sumMeters: (request: {
      customer: string;
      stripeCustomerId: string;
      start: number;
      end: number;
      rates: readonly { readonly id: string; readonly meterEventName: string }[];
    }): Promise<Record<string, number>> =>
      meterSums.sumRates(request.rates, request.stripeCustomerId, request),
  };
}
