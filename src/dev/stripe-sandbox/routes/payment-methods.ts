/** Payment methods, from Stripe's test tokens. Raw card numbers are refused, as by default. */
import { TEST_CARDS } from '../billing/test-cards';
import type { CardBehaviour } from '../billing/cards';
import { change, emit } from '../events';
import { newPaymentMethod } from '../shapes/payment';
import type { PaymentMethod, StripeObject } from '../objects';
import { cardDeclined, invalid, missingParam } from '../protocol/fault';
import { page } from '../protocol/listing';
import { namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import type { World } from '../world';

const URL = '/v1/payment_methods';

const ADDRESS = ['city', 'country', 'line1', 'line2', 'postal_code', 'state'] as const;
const SAID = p.unsettable(p.text);
const BILLING = p.object({
  address: p.object(Object.fromEntries(ADDRESS.map((name) => [name, SAID]))),
  email: SAID,
  name: SAID,
  phone: SAID,
});

/** Stripe refuses them, too, unless an account was given leave. */
const rawNumber: p.Check<never> = (_, path) => {
  throw invalid(
    'Sending credit card numbers directly to the Stripe API is generally unsafe. Use test tokens ' +
      'that map to the test card you are using: pm_card_visa, or card[token]=tok_visa.',
    { param: path },
  );
};

/** What is said anew replaces what was; the rest stays. */
function billed(method: PaymentMethod, changes: ReturnType<typeof BILLING> | undefined): unknown {
  const details = method.billing_details as { address: object };
  if (!changes) return details;
  return { ...details, ...changes, address: { ...details.address, ...changes.address } };
}

export const PAYMENT_METHOD_ROUTES = [
  route(
    `POST ${URL}`,
    {
      type: p.oneOf('card'),
      card: p.object(
        { cvc: p.text, exp_month: p.text, exp_year: p.text, number: rawNumber, token: p.filled },
        ['token'],
      ),
      metadata: p.metadata,
      billing_details: BILLING,
    },
    ({ world, params }) => {
      // tok_visa and pm_card_visa are the same card.
      const token = params.card?.token?.replace(/^tok_/, 'pm_card_') ?? '';
      const method = resolvePaymentMethod(world, token, 'card[token]');
      method.metadata = p.mergeMetadata({}, params.metadata);
      method.billing_details = billed(method, params.billing_details);
      return present(world, world.store.put('payment_method', method));
    },
    ['type', 'card'],
  ),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => {
    const isToken = path.id !== undefined && Object.hasOwn(TEST_CARDS, path.id);
    if (isToken) return present(world, resolvePaymentMethod(world, path.id ?? ''));
    return present(world, stored(world, 'payment_method', path.id));
  }),
  route(`GET ${URL}`, { ...p.PAGE, customer: p.text, type: p.oneOf('card') }, ({ world, params }) =>
    listOf(world, params.customer, params),
  ),
  route(`GET /v1/customers/:id/payment_methods`, { ...p.PAGE, type: p.oneOf('card') }, (call) => {
    const customer = stored(call.world, 'customer', call.path.id);
    return listOf(call.world, customer.id, call.params);
  }),
  route(
    `POST ${URL}/:id/attach`,
    { customer: p.filled },
    ({ world, params, path }) => {
      const customer = namedCustomer(world, params.customer);
      const method = resolvePaymentMethod(world, path.id ?? '', 'payment_method');
      if (method.customer === customer.id) return present(world, method);
      attachTo(world, method, customer.id);
      emit(world, 'payment_method.attached', method);
      return present(world, method);
    },
    ['customer'],
  ),
  route(`POST ${URL}/:id/detach`, {}, ({ world, path }) => {
    const method = stored(world, 'payment_method', path.id);
    if (method.customer === null) {
      throw invalid(
        'The payment method you provided is not attached to a customer so detachment is ' +
          'impossible.',
      );
    }
    forgetDefault(world, method);
    change(world, 'payment_method', method, { customer: null }, 'payment_method.detached');
    return present(world, method);
  }),
  route(
    `POST ${URL}/:id`,
    { metadata: p.metadata, billing_details: BILLING },
    ({ world, params, path }) => {
      const method = stored(world, 'payment_method', path.id);
      const metadata = p.mergeMetadata(method.metadata, params.metadata);
      const update = { metadata, billing_details: billed(method, params.billing_details) };
      change(world, 'payment_method', method, update, 'payment_method.updated');
      return present(world, method);
    },
  ),
];

/** A test token makes a new payment method each time, as at Stripe. */
export function resolvePaymentMethod(
  world: World,
  idOrToken: string,
  param = 'payment_method',
): PaymentMethod {
  const storedMethod = world.store.get('payment_method', idOrToken);
  if (storedMethod) return storedMethod;
  const behaviour = Object.hasOwn(TEST_CARDS, idOrToken) ? TEST_CARDS[idOrToken] : undefined;
  if (!behaviour) throw missingParam('PaymentMethod', idOrToken, param);
  const method = newPaymentMethod(behaviour, accountNow(world));
  world.store.put('payment_method', method);
  const cardBehaviour = {
    id: method.id,
    object: 'card_behaviour',
    created: method.created,
    ...behaviour,
  };
  world.store.put('card_behaviour', cardBehaviour);
  return method;
}

export function attachTo(world: World, method: PaymentMethod, customer: string): void {
  if (method.customer !== null && method.customer !== customer) {
    throw invalid('The payment method you provided has already been attached to a customer.', {
      param: 'payment_method',
    });
  }
  const behaviour = world.store.get('card_behaviour', method.id) as
    (StripeObject & CardBehaviour) | undefined;
  const refusal = behaviour?.onAttach;
  if (refusal) throw cardDeclined(refusal.code, refusal.declineCode, refusal.message);
  method.customer = customer;
  world.store.put('payment_method', method);
}

function forgetDefault(world: World, method: PaymentMethod): void {
  const customer = world.store.get('customer', method.customer ?? '');
  if (customer?.invoice_settings.default_payment_method === method.id) {
    const invoice_settings = { ...customer.invoice_settings, default_payment_method: null };
    change(world, 'customer', customer, { invoice_settings }, 'customer.updated');
  }
}

function listOf(world: World, customer: string | undefined, params: p.Parsed<typeof p.PAGE>) {
  const methods =
    customer === undefined ? [] : world.store.where('payment_method', 'customer', customer);
  return page(URL, methods, params, (one) => present(world, one));
}
