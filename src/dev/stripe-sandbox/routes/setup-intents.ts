/** Setup intents: made, changed, confirmed, canceled. */
import { cancelSetup, confirmSetup, newSetupIntent, unexpectedSetup } from '../billing/setups';
import { emit } from '../events';
import type { PaymentMethod, StripeObject } from '../objects';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import type { World } from '../world';
import { CARD_ONLY, METHODS } from './intent-fields';
import { resolvePaymentMethod } from './payment-methods';

const URL = '/v1/setup_intents';
const FIELDS = {
  allowed_payment_method_types: CARD_ONLY,
  customer: p.filled,
  description: p.unsettable(p.text),
  metadata: p.metadata,
  payment_method: p.filled,
  payment_method_options: p.anything,
  payment_method_types: CARD_ONLY,
};
const CONFIRM = { mandate_data: p.anything, return_url: p.filled, use_stripe_sdk: p.bool };
type Said = p.Parsed<typeof FIELDS>;

export const SETUP_INTENT_ROUTES = [
  route(
    `POST ${URL}`,
    {
      ...FIELDS,
      ...CONFIRM,
      automatic_payment_methods: METHODS,
      confirm: p.bool,
      usage: p.oneOf('off_session', 'on_session'),
    },
    ({ world, params, version }) => {
      // An older caller's; of later versions it is gone.
      if (params.payment_method_types && version !== undefined)
        throw invalid('Received unknown parameter: payment_method_types', {
          code: 'parameter_unknown',
          param: 'payment_method_types',
        });
      const setup = newSetupIntent(world, null);
      const method = describe(world, setup, params);
      if (params.usage) setup.usage = params.usage;
      if (params.automatic_payment_methods)
        setup.automatic_payment_methods = { enabled: true, ...params.automatic_payment_methods };
      world.store.put('setup_intent', setup);
      emit(world, 'setup_intent.created', setup);
      if (params.confirm) confirmSetup(world, setup, needed(method), params.return_url);
      return present(world, setup);
    },
  ),
  route(
    `GET ${URL}`,
    { ...p.PAGE, customer: p.text, payment_method: p.text },
    ({ world, params }) => {
      const { customer, payment_method } = params;
      return pageOf(world, 'setup_intent', { customer, payment_method }, { url: URL, params });
    },
  ),
  route(`GET ${URL}/:id`, { client_secret: p.text }, ({ world, path }) =>
    present(world, stored(world, 'setup_intent', path.id)),
  ),
  route(`POST ${URL}/:id`, FIELDS, ({ world, params, path }) => {
    const setup = stored(world, 'setup_intent', path.id);
    if (setup.status === 'succeeded' || setup.status === 'canceled')
      throw unexpectedSetup(setup, 'update');
    describe(world, setup, params);
    return present(world, world.store.put('setup_intent', setup));
  }),
  route(
    `POST ${URL}/:id/confirm`,
    {
      ...CONFIRM,
      client_secret: p.text,
      payment_method: p.filled,
      payment_method_options: p.anything,
    },
    ({ world, params, path }) => {
      const setup = stored(world, 'setup_intent', path.id);
      const id = params.payment_method ?? (setup.payment_method as string | null);
      const method = id === null ? undefined : resolvePaymentMethod(world, id);
      confirmSetup(world, setup, needed(method), params.return_url);
      return present(world, setup);
    },
  ),
  route(
    `POST ${URL}/:id/cancel`,
    { cancellation_reason: p.oneOf('abandoned', 'duplicate', 'requested_by_customer') },
    ({ world, params, path }) => {
      const setup = stored(world, 'setup_intent', path.id);
      cancelSetup(world, setup, params.cancellation_reason ?? null);
      return present(world, setup);
    },
  ),
];

function describe(world: World, setup: StripeObject, params: Said): PaymentMethod | undefined {
  if (params.customer !== undefined) setup.customer = namedCustomer(world, params.customer).id;
  if (params.description !== undefined) setup.description = params.description;
  if (params.payment_method_options) setup.payment_method_options = params.payment_method_options;
  setup.metadata = p.mergeMetadata(setup.metadata as Record<string, string>, params.metadata);
  if (params.payment_method === undefined) return undefined;
  const method = resolvePaymentMethod(world, params.payment_method);
  if (method.customer !== null && method.customer !== setup.customer) {
    throw invalid(
      `The payment method ${method.id} belongs to customer ${method.customer}: pass that as ` +
        'customer.',
      { param: 'payment_method' },
    );
  }
  setup.payment_method = method.id;
  setup.status = 'requires_confirmation';
  return method;
}

function needed(method: PaymentMethod | undefined): PaymentMethod {
  if (method) return method;
  throw invalid('You cannot confirm this SetupIntent because it is missing a payment method.', {
    code: 'setup_intent_unexpected_state',
    param: 'payment_method',
  });
}
