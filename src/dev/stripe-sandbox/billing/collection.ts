/** Collecting an open invoice: its payment intent and payment, and what follows for both. */
import { change, emit } from '../events';
import { newInvoicePayment, newPaymentIntent } from '../shapes/payment';
import type { Customer, Invoice, PaymentMethod, StripeObject } from '../objects';
import { clockNow } from '../world';
import type { World } from '../world';
import { paymentTerms } from '../connect/billing-terms';
import { attemptCharge, outcomeOf } from './charging';
import type { Decline } from './cards';
import { afterFailedAttempt, afterPayment, isHopeless } from './retries';
import { subscriptionOf } from './standing';

/** Gives null when it is paid, else why not. */
export function collect(
  world: World,
  invoice: Invoice,
  options: { paymentMethod?: string; isRetry?: boolean; isAuthenticated?: boolean } = {},
): Decline | null {
  const now = clockNow(world, invoice.test_clock);
  if (invoice.amount_due === 0) {
    markPaid(world, invoice, null);
    return null;
  }
  const { intent, payment } = intentOf(world, invoice, now);
  const method = paymentMethodFor(world, invoice, options.paymentMethod);
  const subscription = subscriptionOf(world, invoice);
  if (options.isRetry && isHopeless(intent, method)) {
    invoice.attempt_count += 1;
    afterFailedAttempt(world, invoice, subscription, null);
    return null;
  }
  // The customer is there to be asked at its first payment; later only the bank's question is.
  const isOffSession = invoice.billing_reason !== 'subscription_create';
  const { isAuthenticated } = options;
  const attempt = { isOffSession, waits: true, ...(isAuthenticated && { isAuthenticated }) };
  const refusal = outcomeOf(world, invoice.customer, method, attempt);
  attemptCharge(world, intent, method, refusal, now, attempt);
  const attempts = options.isRetry ? invoice.attempt_count + 1 : Math.max(1, invoice.attempt_count);
  invoice.attempt_count = attempts;
  invoice.attempted = true;
  if (refusal) afterFailedAttempt(world, invoice, subscription, refusal);
  else markPaid(world, invoice, payment);
  return refusal;
}

export function markPaid(world: World, invoice: Invoice, payment: StripeObject | null): void {
  const now = clockNow(world, invoice.test_clock);
  if (payment) {
    payment.status = 'paid';
    payment.amount_paid = invoice.amount_due;
    payment.status_transitions = { canceled_at: null, paid_at: now };
    world.store.put('invoice_payment', payment);
  }
  invoice.attempted = true;
  invoice.next_payment_attempt = null;
  invoice.auto_advance = false;
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  invoice.status_transitions = { ...invoice.status_transitions, paid_at: now };
  change(world, 'invoice', invoice, { status: 'paid' }, 'invoice.updated');
  emit(world, 'invoice.paid', invoice);
  emit(world, 'invoice.payment_succeeded', invoice);
  if (payment) emit(world, 'invoice_payment.paid', payment);
  if (payment) keepCard(world, invoice, payment);
  afterPayment(world, invoice, subscriptionOf(world, invoice));
}

/** docs.stripe.com/api/subscriptions: `on_subscription`, "when a subscription payment succeeds". */
function keepCard(world: World, invoice: Invoice, payment: StripeObject): void {
  const subscription = subscriptionOf(world, invoice);
  if (subscription?.payment_settings.save_default_payment_method !== 'on_subscription') return;
  const { payment_intent: intentId } = payment.payment as { payment_intent?: string };
  const card = world.store.get('payment_intent', intentId ?? '')?.payment_method;
  if (!card || subscription.default_payment_method === card) return;
  subscription.default_payment_method = card;
  world.store.put('subscription', subscription);
}

/** This call's comes first, then the invoice's, the subscription's, the customer's. */
export function paymentMethodFor(
  world: World,
  invoice: Invoice,
  methodId: string | undefined,
): PaymentMethod | undefined {
  const customer = world.store.get('customer', invoice.customer);
  const id =
    methodId ??
    invoice.default_payment_method ??
    subscriptionOf(world, invoice)?.default_payment_method ??
    customer?.invoice_settings.default_payment_method;
  return id ? world.store.get('payment_method', id) : undefined;
}

/** It serves whoever will confirm it from the customer's side, too. */
export function intentOf(world: World, invoice: Invoice, now: number) {
  const [invoicePayment] = world.store.where('invoice_payment', 'invoice', invoice.id);
  const intentId =
    invoicePayment && (invoicePayment.payment as { payment_intent: string }).payment_intent;
  const intent = intentId ? world.store.get('payment_intent', intentId) : undefined;
  if (invoicePayment && intent) return { intent, payment: invoicePayment };
  const newIntent = newPaymentIntent(invoice, invoice.amount_due, now);
  Object.assign(newIntent, paymentTerms(world, invoice, newIntent.amount));
  world.store.put('payment_intent', newIntent);
  const payment = newInvoicePayment(invoice, newIntent.id, now);
  world.store.put('invoice_payment', payment);
  emit(world, 'payment_intent.created', newIntent);
  return { intent: newIntent, payment };
}

export function hasPaymentMethod(
  customer: Customer,
  defaultPaymentMethod: string | null | undefined,
): boolean {
  return Boolean(defaultPaymentMethod ?? customer.invoice_settings.default_payment_method);
}
