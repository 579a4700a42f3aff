/** Charging a card: what the payment intent, its charge and their events look like after a try. */
import { emit } from '../events';
import type { PaymentMethod, StripeObject } from '../objects';
import { newCharge } from '../shapes/payment';
import type { World } from '../world';
import { decline } from './cards';
import type { CardBehaviour, Decline } from './cards';

/** What this card does for this customer now; uses up an ordered failure. Null: it pays. */
export function outcomeOf(
  world: World,
  customer: string | null,
  method: PaymentMethod | undefined,
): Decline | null {
  const ordered = customer === null ? undefined : world.store.get('failing_payment', customer);
  if (ordered) {
    world.store.remove('failing_payment', ordered.id);
    return decline(String(ordered.code));
  }
  if (!method || method.customer !== customer) {
    return {
      code: 'payment_intent_payment_attempt_failed',
      declineCode: null,
      message: 'This customer has no default payment method.',
    };
  }
  const behaviour = world.store.get('card_behaviour', method.id) as
    (StripeObject & CardBehaviour) | undefined;
  return behaviour?.onCharge ?? null;
}

/** Applies an outcome to the intent: its charge, its status, its events. */
export function attemptCharge(
  world: World,
  intent: StripeObject,
  method: PaymentMethod | undefined,
  refusal: Decline | null,
  now: number,
): void {
  let attempt: StripeObject | null = null;
  if (method) {
    attempt = world.store.put('charge', newCharge(intent, method, refusal, now));
    intent.latest_charge = attempt.id;
  }
  const needsAction = refusal?.code === 'authentication_required';
  intent.last_payment_error = refusal && {
    type: 'card_error',
    code: refusal.code,
    ...(refusal.declineCode !== null && { decline_code: refusal.declineCode }),
    message: refusal.message,
    ...(method && { payment_method: structuredClone(method) }),
    ...(attempt && { charge: attempt.id }),
  };
  intent.payment_method = refusal ? null : (method?.id ?? null);
  intent.amount_received = refusal ? 0 : intent.amount;
  intent.status = refusal
    ? needsAction
      ? 'requires_action'
      : 'requires_payment_method'
    : 'succeeded';
  world.store.put('payment_intent', intent);
  if (attempt) emit(world, refusal ? 'charge.failed' : 'charge.succeeded', attempt);
  emit(world, refusal ? 'payment_intent.payment_failed' : 'payment_intent.succeeded', intent);
}
