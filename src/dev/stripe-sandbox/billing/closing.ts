/** Giving an invoice up: voided, or not expected to be paid any more; and what follows from it. */
import { change, emit } from '../events';
import type { Invoice } from '../objects';
import { clockNow } from '../world';
import type { World } from '../world';
import { reinstateCredits } from './credits';
import { unapplyBalance } from './customer-balance';
import { applyWaiting, dropWaiting, isWaitingFor } from './pending-updates';
import { followInvoices, subscriptionOf } from './standing';

export function voidInvoice(
  world: World,
  invoice: Invoice,
  cause: 'expiry' | 'request' = 'request',
): void {
  const now = clockNow(world, invoice.test_clock);
  invoice.status = 'void';
  invoice.auto_advance = false;
  invoice.next_payment_attempt = null;
  invoice.status_transitions = { ...invoice.status_transitions, voided_at: now };
  world.store.put('invoice', invoice);
  reinstateCredits(world, invoice);
  unapplyBalance(world, invoice);
  cancelPayment(world, invoice, now);
  emit(world, 'invoice.voided', invoice);
  const subscription = subscriptionOf(world, invoice);
  if (!subscription) return;
  if (isWaitingFor(subscription, invoice)) dropWaiting(world, subscription, cause);
  followInvoices(world, subscription);
}

/** Nobody expects it to be paid any more; it still can be. */
export function writeOff(
  world: World,
  invoice: Invoice,
  /** The settings of the account say what becomes of the subscription instead. */
  { isLastRetry = false } = {},
): void {
  const now = clockNow(world, invoice.test_clock);
  invoice.auto_advance = false;
  invoice.next_payment_attempt = null;
  invoice.status_transitions = { ...invoice.status_transitions, marked_uncollectible_at: now };
  change(world, 'invoice', invoice, { status: 'uncollectible' }, 'invoice.updated');
  emit(world, 'invoice.marked_uncollectible', invoice);
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || isLastRetry) return;
  // A resumption's invoice must be "paid or marked uncollectible": docs.stripe.com/api.
  if (isWaitingFor(subscription, invoice) && subscription.status === 'paused')
    applyWaiting(world, subscription);
  followInvoices(world, subscription);
}

/**
 * "By default, upon subscription cancellation, Stripe stops automatic collection of all finalized
 * invoices for the customer": docs.stripe.com/api/subscriptions/cancel. They can be paid still.
 */
export function stopCollection(world: World, customer: string): void {
  for (const invoice of world.store.where('invoice', 'customer', customer)) {
    if (invoice.status !== 'open') continue;
    if (!invoice.auto_advance) continue;
    const update = { auto_advance: false, next_payment_attempt: null };
    change(world, 'invoice', invoice, update, 'invoice.updated');
  }
}

/** Nobody may pay what is void: a bank's question that is open needs no answer any more. */
function cancelPayment(world: World, invoice: Invoice, now: number): void {
  for (const payment of world.store.where('invoice_payment', 'invoice', invoice.id)) {
    if (payment.status !== 'open') continue;
    const { payment_intent: id } = payment.payment as { payment_intent?: string };
    const intent = world.store.get('payment_intent', id ?? '');
    payment.status = 'canceled';
    payment.status_transitions = { canceled_at: now, paid_at: null };
    world.store.put('invoice_payment', payment);
    if (!intent || intent.status === 'succeeded') continue;
    const reason = 'void_invoice';
    Object.assign(intent, { canceled_at: now, cancellation_reason: reason, next_action: null });
    intent.status = 'canceled';
    world.store.put('payment_intent', intent);
    emit(world, 'payment_intent.canceled', intent);
  }
}
