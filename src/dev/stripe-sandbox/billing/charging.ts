/** Charging a card: what the payment intent, its charge and their events look like after a try. */
import { emit } from '../events';
import { openDispute } from '../money/disputes';
import { behaviourOf, takeMoney } from '../money/capture';
import type { PaymentMethod } from '../objects';
import type { Charge, PaymentIntent } from '../objects-money';
import { newCharge } from '../shapes/payment';
import type { World } from '../world';
import { decline } from './cards';
import type { CardBehaviour, Decline } from './cards';

export interface Attempt {
  /** Nobody is there to be asked: a bank that wants to ask declines. */
  isOffSession?: boolean;
  /** The question stays open all the same: an invoice's payment waits for its answer. */
  waits?: boolean;
  /** The cardholder may be sent there to answer the bank. */
  returnUrl?: string;
  origin?: string;
  /** The bank has been answered. */
  isAuthenticated?: boolean;
}

/** What this card does for this customer now; uses up an ordered failure. Null: it pays. */
export function outcomeOf(
  world: World,
  customer: string | null,
  method: PaymentMethod | undefined,
  attempt: Attempt = {},
): Decline | null {
  const orderedFailure =
    customer === null ? undefined : world.store.get('failing_payment', customer);
  if (orderedFailure) {
    world.store.remove('failing_payment', orderedFailure.id);
    return decline(String(orderedFailure.code));
  }
  if (!method || !isUsable(method, customer, attempt)) {
    return {
      code: 'payment_intent_payment_attempt_failed',
      declineCode: null,
      message: 'This customer has no default payment method.',
    };
  }
  const behaviour = behaviourOf(world, method.id);
  if (!attempt.isAuthenticated && wantsAuthentication(behaviour, method, attempt))
    return decline('authentication_required');
  return behaviour?.onCharge ?? null;
}

/** An invoice is paid by a card that is attached; an intent also by one that is nobody's yet. */
function isUsable(method: PaymentMethod, customer: string | null, attempt: Attempt): boolean {
  return method.customer === customer || (method.customer === null && !attempt.waits);
}

function wantsAuthentication(
  behaviour: CardBehaviour | undefined,
  method: PaymentMethod,
  attempt: Attempt,
): boolean {
  switch (behaviour?.authentication) {
    case 'always':
      return true;
    case 'on_session':
      return attempt.isOffSession !== true;
    case 'until_set_up':
      return !(attempt.isOffSession && method.isSetUp === true);
    default:
      return false;
  }
}

/**
 * Applies an outcome to the intent: its charge, its status, its events. A bank that asks leaves
 * the intent waiting for its answer, unless nobody is there.
 */
export function attemptCharge(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod | undefined,
  refusal: Decline | null,
  now: number,
  attempt: Attempt = {},
): void {
  if (
    refusal?.code === 'authentication_required' &&
    method &&
    (attempt.waits || !attempt.isOffSession)
  ) {
    askCardholder(world, intent, method, attempt);
    return;
  }
  const charge = method ? newCharge(intent, method, refusal, now) : null;
  if (charge) {
    world.store.put('charge', charge);
    intent.latest_charge = charge.id;
  }
  intent.next_action = null;
  if (refusal) refuse(world, intent, method, refusal, charge);
  else if (charge && method) succeed(world, intent, method, charge);
}

function askCardholder(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  { returnUrl, origin, isOffSession }: Attempt,
): void {
  const url = `${origin ?? ''}/_sandbox/authenticate?payment_intent=${intent.id}`;
  intent.payment_method = method.id;
  intent.status = 'requires_action';
  const { code, declineCode, message } = decline('authentication_required');
  const error = { type: 'card_error', code, decline_code: declineCode, message };
  intent.last_payment_error = isOffSession
    ? { ...error, payment_method: shownMethod(method) }
    : null;
  intent.next_action =
    returnUrl === undefined
      ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
      : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
  world.store.put('payment_intent', intent);
  emit(world, 'payment_intent.requires_action', intent);
}

function refuse(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod | undefined,
  refusal: Decline,
  charge: Charge | null,
): void {
  intent.last_payment_error = {
    type: 'card_error',
    code: refusal.code,
    ...(refusal.declineCode !== null && { decline_code: refusal.declineCode }),
    message: refusal.message,
    ...(method && { payment_method: shownMethod(method) }),
    ...(charge && { charge: charge.id }),
  };
  intent.payment_method = null;
  intent.amount_received = 0;
  intent.status = 'requires_payment_method';
  world.store.put('payment_intent', intent);
  if (charge) emit(world, 'charge.failed', charge);
  emit(world, 'payment_intent.payment_failed', intent);
}

function succeed(world: World, intent: PaymentIntent, method: PaymentMethod, charge: Charge): void {
  intent.last_payment_error = null;
  intent.payment_method = method.id;
  if (!charge.captured) {
    intent.amount_capturable = intent.amount;
    intent.status = 'requires_capture';
    world.store.put('payment_intent', intent);
    emit(world, 'charge.succeeded', charge);
    emit(world, 'payment_intent.amount_capturable_updated', intent);
    return;
  }
  intent.amount_received = intent.amount;
  intent.status = 'succeeded';
  world.store.put('payment_intent', intent);
  takeMoney(world, charge);
  emit(world, 'charge.succeeded', charge);
  emit(world, 'payment_intent.succeeded', intent);
  const dispute = behaviourOf(world, method.id)?.dispute;
  if (dispute) openDispute(world, charge, dispute);
}

/** Leaves out what is only the sandbox's to know. */
export function shownMethod(method: PaymentMethod): Record<string, unknown> {
  const copy = structuredClone(method) as unknown as Record<string, unknown>;
  delete copy.isSetUp;
  return copy;
}
