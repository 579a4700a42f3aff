/**
 * Reports of usage that Stripe took and could not count: each customer whose reports are named
 * gets a hint per report.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { subscriptionOfMeterEvent } from '../core/ids';
import { findCustomersOfSubscriptions } from '../db/customers';
import type { ClaimedStripeEvent } from '../db/stripe-events';
import type { WorkflowSignals } from './forwarder';

/** Asks Stripe for what a report says; null: Stripe does not keep it any more. */
export type ReadMeterErrors = (
  eventId: string,
) => Promise<readonly { readonly identifier: string; readonly code: string }[] | null>;

export interface MeterErrorReportDeps {
  readonly pool: Pool;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  readonly signals: Pick<WorkflowSignals, 'signalStripeEvent'>;
  readonly readMeterErrors: ReadMeterErrors;
}

/** null once every customer concerned has its hints; otherwise why the report concerns none. */
export async function forwardMeterErrorReport(
  { pool, log, signals, readMeterErrors }: MeterErrorReportDeps,
  { id, type, created }: ClaimedStripeEvent,
): Promise<string | null> {
  const errors = await readMeterErrors(id);
  if (errors === null) return 'Stripe does not keep this report any more';
  const subscriptions = errors.flatMap(
    ({ identifier }) => subscriptionOfMeterEvent(identifier) ?? [],
  );
  const customers = await findCustomersOfSubscriptions(pool, subscriptions);
  const foreignReports: string[] = [];
  for (const { identifier, code } of errors) {
    const customer = customers.get(subscriptionOfMeterEvent(identifier) ?? '');
    log.warn({ stripeEvent: id, identifier, code, customer }, 'Stripe could not count usage');
    // This is done again after a failure half-way: a hint that comes twice is followed once.
    if (customer !== undefined)
      await signals.signalStripeEvent(customer, { id, type, objectId: identifier, created });
    else foreignReports.push(identifier);
  }
  if (foreignReports.length < errors.length) return null;
  return `it names no report of ours: ${foreignReports.join(', ') || 'nothing at all'}`;
}
