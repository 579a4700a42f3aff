/**
 * The inbox's other end: Stripe's events become hints for the customer's workflow. An event stays
 * waiting until Temporal has the hint, so Temporal may be down for as long as it likes. What is
 * about a vendor's account is `vendor-account-events.ts`.
 */
import { backoffMs } from '../core/backoff';
import { hintSubject } from '../core/state/stripe-event';
import { findCustomerAtStripe } from '../db/customers';
import { claimStripeEvents, postponeStripeEvent, finishStripeEvent } from '../db/stripe-events';
import type { ClaimedStripeEvent } from '../db/stripe-events';
import { forwardMeterErrorReport } from './meter-error-reports';
import type { MeterErrorReportDeps } from './meter-error-reports';
import { forwardAccountEvent } from './vendor-account-events';
import type { VendorAccountEventDeps } from './vendor-account-events';
import { inTraceOfWebhook } from './forwarded-traces';

const EVENTS_PER_PASS_MAX = 50;
/** Longer than a pass of signals takes, each of which gives up after five seconds. */
const LEASE_SECONDS = 60;
const BACKOFF = { minMs: 250, maxMs: 15_000 };
/** One may be at fault itself; what two in a row fail at, the others would fail at as well. */
const FAILURES_MAX = 2;
/** A customer made moments ago may not be stored yet; after this we take them for a stranger. */
const UNKNOWN_CUSTOMER_MS_MAX = 5 * 60 * 1000;

/** Stripe's customer of a charge; null: nobody's. */
export type ReadChargeCustomer = (chargeId: string) => Promise<string | null>;

/** The subscription that Checkout has made becomes the customer's; null: it made none yet. */
export type AdoptSubscription = (customer: string) => Promise<string | null>;

export interface StripeEventForwarderDeps extends MeterErrorReportDeps, VendorAccountEventDeps {
  readonly readChargeCustomer: ReadChargeCustomer;
  readonly adoptSubscription: AdoptSubscription;
}

/** One pass; answers how many events it took up. */
export async function forwardStripeEventsOnce(deps: StripeEventForwarderDeps): Promise<number> {
  const events = await claimStripeEvents(deps.pool, EVENTS_PER_PASS_MAX, LEASE_SECONDS);
  // Customers and accounts go side by side, the events of one in order.
  const passes = [...byCustomer(events).values()].map((queue) => forwardInOrder(deps, queue));
  // What could not be noted of one is taken up again when its lease runs out.
  for (const outcome of await Promise.allSettled(passes))
    if (outcome.status === 'rejected')
      deps.log.warn(
        { err: outcome.reason as unknown },
        'what became of a Stripe event was not noted',
      );
  return events.length;
}

async function forwardInOrder(
  deps: StripeEventForwarderDeps,
  queue: readonly ClaimedStripeEvent[],
): Promise<void> {
  let failures = 0;
  for (const [index, event] of queue.entries()) {
    const failure = await forward(deps, event);
    failures = failure === null ? 0 : failures + 1;
    if (failure === null) continue;
    const pause = { pauseMs: backoffMs(BACKOFF, event.attempts), reason: failure };
    await postponeStripeEvent(deps.pool, event.id, pause);
    if (failures < FAILURES_MAX) continue;
    for (const { id } of queue.slice(index + 1)) await postponeStripeEvent(deps.pool, id, pause);
    return;
  }
}

type Outcome =
  | { readonly status: 'forwarded' }
  | { readonly status: 'ignored'; readonly reason: string }
  | { readonly status: 'waiting'; readonly reason: string };

/** null once the event is settled; otherwise why it has to wait. */
async function forward(
  deps: StripeEventForwarderDeps,
  event: ClaimedStripeEvent,
): Promise<string | null> {
  const { id, type } = event;
  const outcome = await send(deps, event);
  if (outcome.status === 'waiting') return outcome.reason;
  if (outcome.status === 'ignored')
    deps.log.info({ stripeEvent: id, type, reason: outcome.reason }, 'Stripe event ignored');
  await finishStripeEvent(deps.pool, id, outcome);
  return null;
}

async function send(deps: StripeEventForwarderDeps, claimed: ClaimedStripeEvent): Promise<Outcome> {
  const { id, type, objectId, created, stripeAccount } = claimed;
  let { customer } = claimed;
  const isReport = hintSubject(type) === 'report';
  try {
    if (stripeAccount !== null) return await forwardAccountEvent(deps, claimed, stripeAccount);
    const event = await withChargeCustomer(deps, claimed);
    customer = event.customer;
    const reason = isReport ? await forwardMeterErrorReport(deps, event) : reasonToIgnore(event);
    if (reason !== null) return { status: 'ignored', reason };
    if (isReport) return { status: 'forwarded' };
    if (customer === null || objectId === null)
      return { status: 'waiting', reason: `no customer of ours is ${event.stripeCustomerId} yet` };
    const recipient = customer;
    if (event.awaitsCheckout && (await deps.adoptSubscription(recipient)) === null)
      return notPaidYet(event);
    const hint = { id, type, objectId, created };
    await inTraceOfWebhook(claimed, () => deps.signals.signalStripeEvent(recipient, hint));
    return { status: 'forwarded' };
  } catch (error) {
    deps.log.warn({ err: error, stripeEvent: id, type, customer }, 'Stripe event not forwarded');
    const message = error instanceof Error ? error.message : String(error);
    const isAboutTemporal = !isReport && stripeAccount === null;
    return { status: 'waiting', reason: isAboutTemporal ? `Temporal: ${message}` : message };
  }
}

/** No workflow begins before there is something to follow. Stripe may be slow to list it. */
function notPaidYet({ type, customer, waitedMs }: ClaimedStripeEvent): Outcome {
  const reason = `${customer} has paid no checkout yet`;
  const isPaid = type === 'checkout.session.completed' && waitedMs <= UNKNOWN_CUSTOMER_MS_MAX;
  return { status: isPaid ? 'waiting' : 'ignored', reason };
}

/** A dispute names its charge, and that its customer. */
async function withChargeCustomer(
  { pool, readChargeCustomer }: StripeEventForwarderDeps,
  event: ClaimedStripeEvent,
): Promise<ClaimedStripeEvent> {
  const { type, stripeCustomerId, chargeId } = event;
  if (hintSubject(type) !== 'charge' || stripeCustomerId !== null || chargeId === null)
    return event;
  const customerAtStripe = await readChargeCustomer(chargeId);
  const customer =
    customerAtStripe === null ? undefined : await findCustomerAtStripe(pool, customerAtStripe);
  return { ...event, stripeCustomerId: customerAtStripe, customer: customer?.customer ?? null };
}

function reasonToIgnore(event: ClaimedStripeEvent): string | null {
  const { type, customer, stripeCustomerId, objectId, waitedMs } = event;
  if (hintSubject(type) === undefined) return `billing has no use for ${type}`;
  if (objectId === null) return 'it names no object';
  if (customer !== null) return null;
  if (stripeCustomerId === null) return 'it names no customer';
  return waitedMs > UNKNOWN_CUSTOMER_MS_MAX ? `${stripeCustomerId} is no customer of ours` : null;
}

function byCustomer(events: readonly ClaimedStripeEvent[]): Map<string, ClaimedStripeEvent[]> {
  const queues = new Map<string, ClaimedStripeEvent[]>();
  for (const event of events) {
    const key = event.stripeCustomerId ?? event.customer ?? event.stripeAccount ?? event.id;
    queues.set(key, [...(queues.get(key) ?? []), event]);
  }
  return queues;
}
