/** Payment intents: made, changed, confirmed, captured, canceled. */
import { cancelIntent, capture, confirm, unexpectedState } from '../billing/intents';
import type { Attempt } from '../billing/charging';
import { change, emit } from '../events';
import type { PaymentMethod } from '../objects';
import type { PaymentIntent } from '../objects-money';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { intentShape } from '../shapes/money';
import { accountNow, customerNow } from '../world';
import type { World } from '../world';
import { asCurrency, assertVersionTakes, CARD_ONLY, describe } from './intent-fields';
import { METHODS, MUTABLE } from './intent-fields';
import { resolvePaymentMethod } from './payment-methods';

const URL = '/v1/payment_intents';
const CAPTURE = p.oneOf('automatic', 'automatic_async', 'manual');
const CONFIRM = {
  error_on_requires_action: p.bool,
  mandate_data: p.anything,
  off_session: p.either(p.bool, p.oneOf('one_off', 'recurring')),
  return_url: p.filled,
  use_stripe_sdk: p.bool,
};

export const PAYMENT_INTENT_ROUTES = [
  route(
    `POST ${URL}`,
    {
      ...MUTABLE,
      ...CONFIRM,
      automatic_payment_methods: METHODS,
      capture_method: CAPTURE,
      confirm: p.bool,
      confirmation_method: p.oneOf('automatic', 'manual'),
      on_behalf_of: p.filled,
    },
    ({ world, params, version, origin }) => {
      assertVersionTakes(params, version);
      if (!params.confirm) assertConfirms(params);
      const intent = begin(world, params);
      const method = methodOf(world, params.payment_method);
      if (method) choose(intent, method);
      world.store.put('payment_intent', intent);
      emit(world, 'payment_intent.created', intent);
      if (params.confirm) confirm(world, intent, method, attemptOf(params, origin));
      return present(world, intent);
    },
    ['amount', 'currency'],
  ),
  route(`GET ${URL}`, { ...p.PAGE, customer: p.text }, ({ world, params }) => {
    const { customer } = params;
    return pageOf(world, 'payment_intent', { customer }, { url: URL, params });
  }),
  route(`GET ${URL}/:id`, { client_secret: p.text }, ({ world, path }) =>
    present(world, stored(world, 'payment_intent', path.id)),
  ),
  route(
    `POST ${URL}/:id`,
    { ...MUTABLE, capture_method: CAPTURE },
    ({ world, params, path, version }) => {
      assertVersionTakes(params, version);
      const intent = stored(world, 'payment_intent', path.id);
      const { metadata, description, ...others } = params;
      const isOver = ['canceled', 'requires_capture', 'succeeded'].includes(intent.status);
      if (isOver && Object.keys(others).length > 0) throw unexpectedState(intent, 'update');
      if (isOver) {
        const mergedMetadata = p.mergeMetadata(intent.metadata, metadata);
        change(world, 'payment_intent', intent, { description, metadata: mergedMetadata }, null);
        return present(world, intent);
      }
      // Described on a copy: what is refused changes nothing.
      const copy = structuredClone(intent);
      describe(world, copy, params);
      if (params.capture_method) copy.capture_method = params.capture_method;
      const method = methodOf(world, params.payment_method);
      if (method) choose(copy, method);
      world.store.put('payment_intent', Object.assign(intent, copy));
      return present(world, intent);
    },
  ),
  route(
    `POST ${URL}/:id/confirm`,
    {
      ...CONFIRM,
      capture_method: CAPTURE,
      client_secret: p.text,
      payment_method: p.filled,
      payment_method_options: p.anything,
      payment_method_types: CARD_ONLY,
      receipt_email: p.unsettable(p.text),
      setup_future_usage: p.unsettable(p.oneOf('off_session', 'on_session')),
      shipping: p.anything,
    },
    ({ world, params, path, version, origin }) => {
      assertVersionTakes(params, version);
      const intent = stored(world, 'payment_intent', path.id);
      const { payment_method: methodId, capture_method: captureMethod } = params;
      if (captureMethod) intent.capture_method = captureMethod;
      if (params.receipt_email !== undefined) intent.receipt_email = params.receipt_email;
      if (params.shipping !== undefined) intent.shipping = params.shipping;
      if (params.setup_future_usage !== undefined)
        intent.setup_future_usage = params.setup_future_usage;
      const method = methodOf(world, methodId ?? intent.payment_method ?? undefined);
      confirm(world, intent, method, attemptOf(params, origin));
      return present(world, intent);
    },
  ),
  route(
    `POST ${URL}/:id/capture`,
    {
      amount_to_capture: p.positive,
      application_fee_amount: p.positive,
      final_capture: p.bool,
      metadata: p.metadata,
    },
    ({ world, params, path }) => {
      const intent = stored(world, 'payment_intent', path.id);
      if (params.final_capture === false)
        throw invalid('The sandbox captures once: final_capture cannot be false.', {
          param: 'final_capture',
        });
      capture(world, intent, params.amount_to_capture, params.application_fee_amount);
      intent.metadata = p.mergeMetadata(intent.metadata, params.metadata);
      return present(world, world.store.put('payment_intent', intent));
    },
  ),
  route(
    `POST ${URL}/:id/cancel`,
    {
      cancellation_reason: p.oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'),
    },
    ({ world, params, path }) => {
      const intent = stored(world, 'payment_intent', path.id);
      cancelIntent(world, intent, params.cancellation_reason ?? null);
      return present(world, intent);
    },
  ),
];

type Asked = p.Parsed<typeof MUTABLE> &
  p.Parsed<typeof CONFIRM> & {
    automatic_payment_methods?: { enabled?: boolean; allow_redirects?: string };
    capture_method?: PaymentIntent['capture_method'];
    confirmation_method?: string;
    on_behalf_of?: string;
  };

function begin(world: World, params: Asked): PaymentIntent {
  const customer = world.store.get('customer', params.customer ?? '');
  const now = customer ? customerNow(world, customer) : accountNow(world);
  const intent = intentShape(Number(params.amount), asCurrency(String(params.currency)), now);
  describe(world, intent, params);
  if (params.capture_method) intent.capture_method = params.capture_method;
  if (params.confirmation_method) intent.confirmation_method = params.confirmation_method;
  if (params.on_behalf_of !== undefined)
    intent.on_behalf_of = named(world, 'account', params.on_behalf_of, 'on_behalf_of').id;
  const automaticMethods = params.automatic_payment_methods;
  if (automaticMethods)
    intent.automatic_payment_methods = {
      allow_redirects: automaticMethods.allow_redirects ?? 'always',
      enabled: automaticMethods.enabled ?? true,
    };
  return intent;
}

function methodOf(world: World, id: string | undefined): PaymentMethod | undefined {
  return id === undefined ? undefined : resolvePaymentMethod(world, id);
}

function choose(intent: PaymentIntent, method: PaymentMethod): void {
  if (method.customer !== null && method.customer !== intent.customer) {
    throw invalid(
      `The PaymentMethod ${method.id} belongs to customer ${method.customer}. Please include the ` +
        'customer in the `customer` parameter on the PaymentIntent.',
      { param: 'payment_method' },
    );
  }
  intent.payment_method = method.id;
  intent.status = 'requires_confirmation';
}

/** These mean something only together with `confirm`. */
function assertConfirms(params: p.Parsed<typeof CONFIRM>): void {
  for (const name of ['off_session', 'return_url', 'error_on_requires_action'] as const) {
    if (params[name] === undefined) continue;
    throw invalid(`The parameter \`${name}\` cannot be passed when \`confirm\` is not true.`, {
      code: 'payment_intent_unexpected_state',
      param: name,
    });
  }
}

function attemptOf(params: p.Parsed<typeof CONFIRM>, origin: string): Attempt {
  const isOffSession = params.off_session !== undefined && params.off_session !== false;
  return {
    isOffSession: isOffSession || params.error_on_requires_action === true,
    ...(params.return_url !== undefined && { returnUrl: params.return_url }),
    origin,
  };
}
