/** What an error report of Stripe's meters says; the webhook brings its id only. */
import type Stripe from 'stripe';
import { assertObject } from './client';
import { classifyStripeError } from './errors';

type MeterErrorReport =
  | Stripe.Events.V1BillingMeterErrorReportTriggeredEvent
  | Stripe.Events.V1BillingMeterNoMeterFoundEvent;

export interface MeterError {
  /** Identifier of the meter event that was not counted. */
  readonly identifier: string;
  /** It is one such as `meter_event_customer_not_found`. */
  readonly code: string;
}

/** Stripe names samples, not every one. null: it does not keep the report any more. */
export function createMeterErrorReader(stripe: Stripe) {
  return async (eventId: string): Promise<readonly MeterError[] | null> => {
    try {
      const event = await stripe.v2.core.events.retrieve(eventId);
      assertObject(event, 'v2.core.event');
      return errorsOf(event as MeterErrorReport);
    } catch (error) {
      if (isGone(error)) return null;
      // The SDK's own message may quote what was asked; the table's summary is for logs.
      throw new Error(classifyStripeError(error)?.summary ?? String(error), { cause: error });
    }
  };
}

function errorsOf({ data }: MeterErrorReport): MeterError[] {
  const errors = data.reason.error_types.flatMap(({ code, sample_errors: samples }) =>
    samples.map(({ request }) => ({ identifier: request.identifier, code })),
  );
  return [...new Map(errors.map((error) => [error.identifier, error])).values()];
}

/** Events are kept for 30 days. */
function isGone(error: unknown): boolean {
  return classifyStripeError(error)?.type === 'stripe_resource_missing';
}
