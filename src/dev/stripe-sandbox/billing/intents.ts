/** A payment intent's way: confirmed, authenticated, captured, canceled; and its invoice's. */
import { emit } from '../events';
import { takeMoney } from '../money/capture';
import type { PaymentMethod } from '../objects';
import type { PaymentIntent } from '../objects-money';
import { invalid, StripeFault } from '../protocol/fault';
import { present } from '../presentation';
import { accountNow, clockNow } from '../world';
import type { World } from '../world';
import type { Decline } from './cards';
import { attemptCharge, outcomeOf, shownMethod } from './charging';
import type { Attempt } from './charging';
import { markPaid } from './collection';

const CONFIRMABLE = new Set([
  'requires_action',
  'requires_confirmation',
  'requires_payment_method',
]);
const CANCELABLE = new Set([...CONFIRMABLE, 'requires_capture']);

export function unexpectedState(intent: PaymentIntent, action: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message:
      `You cannot ${action} this PaymentIntent because it has a status of ${intent.status}: ` +
      intent.id,
  });
}

function clockOf(world: World, intent: PaymentIntent): number {
  const customer = world.store.get('customer', intent.customer ?? '');
  return customer ? clockNow(world, customer.test_clock) : accountNow(world);
}

/** Tries to pay; a decline is an answer of its own, a question of the bank is not. */
export function confirm(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod | undefined,
  attempt: Attempt,
): void {
  if (!CONFIRMABLE.has(intent.status)) throw unexpectedState(intent, 'confirm');
  if (!method) {
    throw invalid(
      'You cannot confirm this PaymentIntent because it is missing a payment method: pass ' +
        'payment_method, or confirm with one.',
      { code: 'payment_intent_unexpected_state' },
    );
  }
  const refusal = outcomeOf(world, intent.customer, method, attempt);
  const isSaved = intent.setup_future_usage !== null && intent.customer !== null;
  const isNew = !refusal && isSaved && method.customer === null;
  if (isNew) method.customer = intent.customer;
  if (attempt.isAuthenticated && intent.setup_future_usage === 'off_session') method.isSetUp = true;
  world.store.put('payment_method', method);
  if (isNew) emit(world, 'payment_method.attached', method);
  settle(world, intent, method, refusal, attempt);
  if (refusal && intent.status === 'requires_payment_method')
    throw declined(world, intent, refusal);
}

function settle(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  refusal: Decline | null,
  attempt: Attempt,
): void {
  attemptCharge(world, intent, method, refusal, clockOf(world, intent), attempt);
  const payment = invoicePaymentOf(world, intent.id);
  const invoice = payment && world.store.get('invoice', String(payment.invoice));
  if (!payment || invoice?.status !== 'open') return;
  invoice.attempted = true;
  if (intent.status === 'succeeded') markPaid(world, invoice, payment);
  else if (refusal && intent.status === 'requires_payment_method')
    emit(world, 'invoice.payment_failed', invoice);
}

function invoicePaymentOf(world: World, intent: string) {
  return world.store.where('invoice_payment', 'payment_intent', intent)[0];
}

function declined(world: World, intent: PaymentIntent, refusal: Decline): StripeFault {
  const { latest_charge: charge, last_payment_error: error } = intent;
  return new StripeFault(402, {
    type: 'card_error',
    code: refusal.code,
    ...(refusal.declineCode !== null && { decline_code: refusal.declineCode }),
    message: refusal.message,
    ...(charge !== null && { charge }),
    payment_intent: present(world, intent),
    payment_method: (error as { payment_method?: unknown } | null)?.payment_method,
  });
}

/** What the cardholder answered to the bank. */
export function authenticate(
  world: World,
  intent: PaymentIntent,
  outcome: 'fail' | 'succeed',
): void {
  if (intent.status !== 'requires_action') throw unexpectedState(intent, 'authenticate');
  const method = world.store.get('payment_method', intent.payment_method ?? '');
  if (!method) throw invalid(`The payment method of ${intent.id} is gone.`);
  if (outcome === 'fail') {
    failAuthentication(world, intent, method);
    return;
  }
  if (intent.setup_future_usage === 'off_session') method.isSetUp = true;
  world.store.put('payment_method', method);
  const attempt = { isAuthenticated: true };
  const refusal = outcomeOf(world, intent.customer, method, attempt);
  settle(world, intent, method, refusal, attempt);
}

/** Stripe makes no charge of it: the bank was never asked for money. */
function failAuthentication(world: World, intent: PaymentIntent, method: PaymentMethod): void {
  intent.last_payment_error = {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message:
      'The provided PaymentMethod has failed authentication. You can provide payment_method_data ' +
      'or a new PaymentMethod to attempt to fulfill this PaymentIntent again.',
    payment_method: shownMethod(method),
  };
  Object.assign(intent, { payment_method: null, next_action: null });
  intent.status = 'requires_payment_method';
  world.store.put('payment_intent', intent);
  emit(world, 'payment_intent.payment_failed', intent);
  const payment = invoicePaymentOf(world, intent.id);
  const invoice = payment && world.store.get('invoice', String(payment.invoice));
  if (invoice?.status === 'open') emit(world, 'invoice.payment_failed', invoice);
}

export function capture(
  world: World,
  intent: PaymentIntent,
  requestedAmount: number | undefined,
  feeAmount?: number,
): void {
  const charge = world.store.get('charge', intent.latest_charge ?? '');
  if (intent.status !== 'requires_capture' || !charge) throw unexpectedState(intent, 'capture');
  const amount = requestedAmount ?? intent.amount_capturable;
  if (amount < 1 || amount > intent.amount_capturable) {
    throw invalid(
      `The amount to capture (${amount}) must be from 1 to the authorized ` +
        `${intent.amount_capturable}.`,
      { code: 'amount_too_large', param: 'amount_to_capture' },
    );
  }
  if (feeAmount !== undefined) {
    intent.application_fee_amount = feeAmount;
    charge.application_fee_amount = feeAmount;
  }
  Object.assign(charge, { captured: true, amount_captured: amount });
  takeMoney(world, charge);
  Object.assign(intent, { amount_capturable: 0, amount_received: amount });
  intent.status = 'succeeded';
  world.store.put('payment_intent', intent);
  emit(world, 'charge.captured', charge);
  emit(world, 'payment_intent.succeeded', intent);
}

export function cancelIntent(world: World, intent: PaymentIntent, reason: string | null): void {
  if (!CANCELABLE.has(intent.status)) throw unexpectedState(intent, 'cancel');
  const payment = invoicePaymentOf(world, intent.id);
  if (payment) {
    throw invalid(
      `You cannot cancel ${intent.id}: it pays invoice ${String(payment.invoice)}. Void the ` +
        'invoice instead.',
      { code: 'payment_intent_unexpected_state' },
    );
  }
  const charge = world.store.get('charge', intent.latest_charge ?? '');
  // What was authorized is let go: Stripe shows that as a refund in full that moves no money.
  if (intent.status === 'requires_capture' && charge) {
    Object.assign(charge, { refunded: true, amount_refunded: charge.amount });
    world.store.put('charge', charge);
    emit(world, 'charge.refunded', charge);
  }
  Object.assign(intent, { amount_capturable: 0, cancellation_reason: reason, next_action: null });
  intent.canceled_at = clockOf(world, intent);
  intent.status = 'canceled';
  world.store.put('payment_intent', intent);
  emit(world, 'payment_intent.canceled', intent);
}
