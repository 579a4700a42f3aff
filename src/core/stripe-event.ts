/** Which of Stripe's events concern billing, and the hint that the workflow gets of one. */

/**
 * A hint that something happened at Stripe. The workflow reads the object again: payloads go stale.
 */
export interface StripeEventHint {
  readonly id: string;
  readonly type: string;
  /** `data.object.id` */
  readonly objectId: string;
  /** Unix seconds, Stripe's `created`. */
  readonly created: number;
}

export type HintSubject = 'invoice' | 'subscription' | 'charge' | 'report';

export const METER_ERROR_REPORT = 'v1.billing.meter.error_report_triggered';

/** What the workflow has to read again because of this event; undefined: nothing. */
export function hintSubject(type: string): HintSubject | undefined {
  if (type.startsWith('invoice.') && type !== 'invoice.upcoming') return 'invoice';
  if (type.startsWith('customer.subscription.')) return 'subscription';
  // A dispute names its charge, and no customer.
  if (type === 'charge.refunded' || type.startsWith('charge.dispute.')) return 'charge';
  if (type === METER_ERROR_REPORT) return 'report';
  return undefined;
}
