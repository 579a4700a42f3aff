/** Tells which of Stripe's events concern billing, and the hint that the workflow gets of one. */

/** An event as the inbox keeps it, by whichever way it came. */
export interface ReceivedStripeEvent {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: string | null;
  /** The connected account it is about, if it is. */
  readonly stripeAccount: string | null;
  readonly objectId: string | null;
  readonly stripeCustomerId: string | null;
  /** Our id of a customer, where the object or its subscription has it in its metadata. */
  readonly namedCustomer?: string;
  readonly created: Date;
  /** The body as received. */
  readonly payload: string;
  /** Why nothing needs to be done about it; absent: it waits to be forwarded. */
  readonly ignoredBecause?: string;
}

export type HintSubject = 'invoice' | 'subscription' | 'charge' | 'report' | 'checkout' | 'card';

/** Thin events: Stripe took a meter event and found out later that it can't be counted. */
const METER_ERRORS = [
  'v1.billing.meter.error_report_triggered',
  'v1.billing.meter.no_meter_found',
] as const;

/** Events of connected accounts, after which a vendor's account is read again. */
const ACCOUNT_EVENTS = [
  'account.updated',
  'account.application.deauthorized',
  'capability.updated',
  'payout.failed',
] as const;

/**
 * Such a type counts only together with the account that the event names: the platform has some of
 * these, too.
 */
export const isAccountEvent = (type: string): boolean =>
  ACCOUNT_EVENTS.some((listedType) => listedType === type);

/** Tells what the workflow has to read again because of this event; undefined says nothing. */
export function hintSubject(type: string): HintSubject | undefined {
  if (type.startsWith('invoice.') && type !== 'invoice.upcoming') return 'invoice';
  if (type.startsWith('customer.subscription.')) return 'subscription';
  // One that expired leaves everything as it was.
  if (type.startsWith('checkout.session.') && type !== 'checkout.session.expired')
    return 'checkout';
  // Whoever put in another card at Stripe's portal has only changed the customer.
  if (type === 'customer.updated') return 'card';
  // A dispute names its charge, and no customer.
  if (type === 'charge.refunded' || type.startsWith('charge.dispute.')) return 'charge';
  // This is a one-off sale's charge; those of invoices are followed by the invoice.
  if (type === 'charge.succeeded') return 'charge';
  if (METER_ERRORS.some((listedType) => listedType === type)) return 'report';
  return undefined;
}
