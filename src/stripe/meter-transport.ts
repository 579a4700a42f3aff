/** How reports reach Stripe's meters: by a call each, or many together through its stream. */
import type Stripe from 'stripe';
import { isDuplicateIdentifier } from './errors';

export interface MeterReport {
  /** What counts it once, whichever way it takes. */
  readonly identifier: string;
  readonly meterEventName: string;
  readonly stripeCustomerId: string;
  readonly tokens: number;
  /** Unix seconds. */
  readonly timestamp: number;
}

/** found: Stripe has it already, from an earlier attempt. Throws Stripe's errors. */
export type SendReport = (
  report: MeterReport,
  /** Names this attempt, for the answer to be kept. */
  idempotencyKey: string,
) => Promise<'sent' | 'found'>;

/** The meter event of it, but for its time, which the two have in forms of their own. */
export const meterEventOf = (report: MeterReport) => ({
  event_name: report.meterEventName,
  identifier: report.identifier,
  payload: { stripe_customer_id: report.stripeCustomerId, value: String(report.tokens) },
});

/** A call for each report: Stripe looks at most of it before it answers. */
export function createMeterCalls(stripe: Stripe): SendReport {
  return async (report, idempotencyKey) => {
    try {
      await stripe.billing.meterEvents.create(
        { ...meterEventOf(report), timestamp: report.timestamp },
        // The identifier is what counts a report once.
        { idempotencyKey },
      );
      return 'sent';
    } catch (error) {
      if (isDuplicateIdentifier(error)) return 'found';
      throw error;
    }
  };
}
