/** A customer pays an invoice on its page: by a card that they type in, and their bank's answer. */
import { intentOf } from '../billing/collection';
import { authenticate, confirm } from '../billing/intents';
import { subscriptionOf } from '../billing/standing';
import { tokenOf } from '../checkout/card-form';
import type { TypedCard } from '../checkout/card-form';
import { change, emit } from '../events';
import type { Invoice, PaymentMethod } from '../objects';
import type { PaymentIntent } from '../objects-money';
import { invalid } from '../protocol/fault';
import { resolvePaymentMethod } from '../routes/payment-methods';
import { clockNow } from '../world';
import type { World } from '../world';

export interface Payer extends TypedCard {
  name: string | null;
  /** They want it kept for what comes. */
  isKept: boolean;
}

const PAYABLE: ReadonlySet<string> = new Set(['open', 'uncollectible']);

export const isPayable = ({ status, amount_remaining: due }: Invoice): boolean =>
  PAYABLE.has(status) && due > 0;

export function payInvoice(world: World, invoice: Invoice, payer: Payer): 'challenge' | 'paid' {
  if (!isPayable(invoice)) throw invalid(`This invoice is ${invoice.status}: nothing is to pay.`);
  const token = tokenOf(world, payer);
  const { intent } = intentOf(world, invoice, clockNow(world, invoice.test_clock));
  const method = resolvePaymentMethod(world, token);
  method.billing_details = { ...(method.billing_details as object), name: payer.name };
  world.store.put('payment_method', method);
  const isKept = payer.isKept || needsCard(world, invoice);
  intent.setup_future_usage = isKept ? 'off_session' : null;
  world.store.put('payment_intent', intent);
  confirm(world, intent, method, { origin: world.origin });
  if (intent.status === 'requires_action') return 'challenge';
  keepCard(world, invoice, intent);
  return 'paid';
}

/** What the cardholder answered on the bank's page. */
export function answerBankOf(world: World, invoice: Invoice, outcome: 'fail' | 'succeed'): void {
  const intent = waitingIntent(world, invoice);
  if (!intent) throw invalid('No bank has asked anything about this invoice.');
  authenticate(world, intent, outcome);
  if (outcome === 'fail')
    throw invalid(
      'We are unable to authenticate your payment method. Please choose a different payment ' +
        'method and try again.',
    );
  const error = intent.last_payment_error as { message?: string } | null;
  if (intent.status !== 'succeeded') throw invalid(error?.message ?? 'Your card was declined.');
  keepCard(world, invoice, intent);
}

/** The payment that the bank has asked its cardholder about, if it has. */
export function waitingIntent(world: World, invoice: Invoice): PaymentIntent | undefined {
  if (!isPayable(invoice)) return undefined;
  const payment = world.store.where('invoice_payment', 'invoice', invoice.id)[0];
  const { payment_intent: id } = (payment?.payment ?? {}) as { payment_intent?: string };
  const intent = world.store.get('payment_intent', id ?? '');
  return intent?.status === 'requires_action' ? intent : undefined;
}

/** "When the customer already has a default payment method", it is kept only if they want it. */
export function needsCard(world: World, invoice: Invoice): boolean {
  const subscription = subscriptionOf(world, invoice);
  const customer = world.store.get('customer', invoice.customer);
  const defaults = [
    subscription?.default_payment_method,
    customer?.invoice_settings.default_payment_method,
  ];
  return subscription !== undefined && !defaults.some(Boolean);
}

/** A card that is kept pays for the subscription from then on. */
function keepCard(world: World, invoice: Invoice, intent: PaymentIntent): void {
  const method = world.store.get('payment_method', intent.payment_method ?? '');
  if (intent.setup_future_usage !== 'off_session' || !method) return;
  attach(world, method, invoice.customer);
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || subscription.ended_at !== null) return;
  const update = { default_payment_method: method.id };
  change(world, 'subscription', subscription, update, 'customer.subscription.updated');
}

function attach(world: World, method: PaymentMethod, customer: string): void {
  if (method.customer !== null) return;
  method.customer = customer;
  world.store.put('payment_method', method);
  emit(world, 'payment_method.attached', method);
}
