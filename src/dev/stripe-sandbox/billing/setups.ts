/** Setup intents: a card is made ready for payments at which its holder is not there. */
import { emit } from '../events';
import { behaviourOf } from '../money/capture';
import { newId, randomText } from '../identifiers';
import type { PaymentMethod, StripeObject } from '../objects';
import { cardDeclined, StripeFault } from '../protocol/fault';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';
import { shownMethod } from './charging';

export function newSetupIntent(world: World, customer: string | null): StripeObject {
  const id = newId('seti');
  const storedCustomer = world.store.get('customer', customer ?? '');
  return {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: null,
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_${randomText(25)}`,
    created: storedCustomer ? customerNow(world, storedCustomer) : accountNow(world),
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  };
}

export function unexpectedSetup(setup: StripeObject, action: string): StripeFault {
  return new StripeFault(400, {
    type: 'invalid_request_error',
    code: 'setup_intent_unexpected_state',
    message:
      `You cannot ${action} this SetupIntent because it has a status of ${String(setup.status)}: ` +
      setup.id,
  });
}

export function confirmSetup(
  world: World,
  setup: StripeObject,
  method: PaymentMethod,
  returnUrl: string | undefined,
): void {
  const isOpen = ['requires_action', 'requires_confirmation', 'requires_payment_method'];
  if (!isOpen.includes(String(setup.status))) throw unexpectedSetup(setup, 'confirm');
  const behaviour = behaviourOf(world, method.id);
  if (behaviour?.onAttach) {
    const { code, declineCode, message } = behaviour.onAttach;
    const error = { type: 'card_error', code, message, payment_method: shownMethod(method) };
    const detail = declineCode === null ? {} : { decline_code: declineCode };
    fail(world, setup, { ...error, ...detail });
    throw cardDeclined(code, declineCode, message);
  }
  setup.payment_method = method.id;
  if (behaviour?.authentication && behaviour.authentication !== 'on_session') {
    const isSdk = returnUrl === undefined;
    setup.status = 'requires_action';
    setup.next_action = isSdk
      ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } }
      : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url: null } };
    world.store.put('setup_intent', setup);
    emit(world, 'setup_intent.requires_action', setup);
    return;
  }
  succeed(world, setup, method);
}

function succeed(world: World, setup: StripeObject, method: PaymentMethod): void {
  const isNew = typeof setup.customer === 'string' && method.customer === null;
  if (isNew) method.customer = setup.customer as string;
  method.isSetUp = setup.usage === 'off_session';
  world.store.put('payment_method', method);
  if (isNew) emit(world, 'payment_method.attached', method);
  Object.assign(setup, { status: 'succeeded', next_action: null, last_setup_error: null });
  world.store.put('setup_intent', setup);
  emit(world, 'setup_intent.succeeded', setup);
}

function fail(world: World, setup: StripeObject, error: Record<string, unknown>): void {
  const status = 'requires_payment_method';
  Object.assign(setup, { status, next_action: null, payment_method: null });
  setup.last_setup_error = error;
  world.store.put('setup_intent', setup);
  emit(world, 'setup_intent.setup_failed', setup);
}

/** What the cardholder answered to the bank. */
export function authenticateSetup(
  world: World,
  setup: StripeObject,
  outcome: 'fail' | 'succeed',
): void {
  const method = world.store.get('payment_method', String(setup.payment_method));
  if (setup.status !== 'requires_action' || !method) throw unexpectedSetup(setup, 'authenticate');
  if (outcome === 'succeed') succeed(world, setup, method);
  else
    fail(world, setup, {
      type: 'invalid_request_error',
      code: 'setup_intent_authentication_failure',
      message: 'The latest attempt to set up the payment method has failed authentication.',
      payment_method: shownMethod(method),
    });
}

export function cancelSetup(world: World, setup: StripeObject, reason: string | null): void {
  if (setup.status === 'succeeded' || setup.status === 'canceled')
    throw unexpectedSetup(setup, 'cancel');
  Object.assign(setup, { status: 'canceled', cancellation_reason: reason, next_action: null });
  world.store.put('setup_intent', setup);
  emit(world, 'setup_intent.canceled', setup);
}
