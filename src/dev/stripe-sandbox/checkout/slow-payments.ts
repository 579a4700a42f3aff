/** A first payment that takes days, as a direct debit does: under way, then there or refused. */
import { attemptCharge } from '../billing/charging';
import { decline } from '../billing/cards';
import { intentOf, markPaid } from '../billing/collection';
import { afterFailedAttempt } from '../billing/retries';
import { setStatus } from '../billing/standing';
import { change, emit } from '../events';
import type { Invoice, Subscription } from '../objects';
import type { CheckoutSession } from '../objects-checkout';
import { invalid } from '../protocol/fault';
import { stored } from '../protocol/lookup';
import { clockNow } from '../world';
import type { World } from '../world';

/** Its subscription is active meanwhile. */
export function awaitBank(world: World, subscription: Subscription): void {
  const invoice = world.store.get('invoice', subscription.latest_invoice ?? '');
  if (invoice?.status !== 'open') return;
  const { intent } = intentOf(world, invoice, clockNow(world, invoice.test_clock));
  const update = { status: 'processing', payment_method: subscription.default_payment_method };
  change(world, 'payment_intent', intent, update as object, 'payment_intent.processing');
  setStatus(world, subscription, 'active');
}

export function concludePayment(
  world: World,
  session: CheckoutSession,
  outcome: 'fail' | 'succeed',
): void {
  const invoice = world.store.get('invoice', session.invoice ?? '');
  if (session.payment_status !== 'unpaid' || !invoice || session.status !== 'complete')
    throw invalid(`Session ${session.id} waits for no payment.`);
  const subscription = stored(world, 'subscription', session.subscription ?? '');
  if (outcome === 'succeed') arrive(world, invoice, subscription);
  else bounce(world, invoice, subscription);
  if (outcome === 'succeed') session.payment_status = 'paid';
  world.store.put('checkout.session', session);
  const end = outcome === 'succeed' ? 'succeeded' : 'failed';
  emit(world, `checkout.session.async_payment_${end}`, session);
}

function arrive(world: World, invoice: Invoice, subscription: Subscription): void {
  const now = clockNow(world, invoice.test_clock);
  const { intent, payment } = intentOf(world, invoice, now);
  const method = stored(world, 'payment_method', subscription.default_payment_method ?? '');
  attemptCharge(world, intent, method, null, now);
  markPaid(world, invoice, payment);
}

function bounce(world: World, invoice: Invoice, subscription: Subscription): void {
  const now = clockNow(world, invoice.test_clock);
  const { intent } = intentOf(world, invoice, now);
  const method = stored(world, 'payment_method', subscription.default_payment_method ?? '');
  const refusal = decline('insufficient_funds');
  attemptCharge(world, intent, method, refusal, now);
  invoice.attempted = true;
  invoice.attempt_count = 1;
  afterFailedAttempt(world, invoice, subscription, refusal);
  setStatus(world, subscription, 'past_due');
}
