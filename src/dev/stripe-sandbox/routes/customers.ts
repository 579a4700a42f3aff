/** Customers. */
import { stopCollection } from '../billing/closing';
import { beginBalance, moveBalance } from '../billing/customer-balance';
import { change, emit } from '../events';
import { newId, randomText } from '../identifiers';
import type { Customer } from '../objects';
import { invalid } from '../protocol/fault';
import { pageOf } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow, clockNow } from '../world';
import type { World } from '../world';
import { droppedOf } from './subscription-discounts';
import { attachTo, resolvePaymentMethod } from './payment-methods';

const URL = '/v1/customers';
const PER_CLOCK = 3;

const SETTINGS = p.object({
  default_payment_method: p.unsettable(p.text),
  footer: p.text,
});
const FIELDS = {
  address: p.anything,
  balance: p.integer,
  description: p.unsettable(p.text),
  email: p.unsettable(p.text),
  invoice_prefix: p.filled,
  invoice_settings: SETTINGS,
  metadata: p.metadata,
  name: p.unsettable(p.text),
  next_invoice_sequence: p.positive,
  phone: p.unsettable(p.text),
  preferred_locales: p.listOf(p.text),
  shipping: p.anything,
  tax_exempt: p.oneOf('none', 'exempt', 'reverse'),
};

export const CUSTOMER_ROUTES = [
  route(
    `POST ${URL}`,
    { ...FIELDS, payment_method: p.filled, test_clock: p.filled },
    ({ world, params }) => {
      const { balance, payment_method, test_clock, invoice_settings, ...fields } = params;
      const customer = newCustomer(world, test_clock ?? null);
      const methodId = invoice_settings?.default_payment_method ?? null;
      const method =
        payment_method === undefined ? null : resolvePaymentMethod(world, payment_method);
      const isSame = methodId !== null && methodId === payment_method;
      if (methodId !== null && !isSame) throw notAttached(methodId);
      if (method) attachTo(world, method, customer.id);
      Object.assign(customer, defined(fields), {
        metadata: p.mergeMetadata({}, params.metadata),
      });
      if (balance) beginBalance(world, customer, balance);
      if (method && isSame) customer.invoice_settings.default_payment_method = method.id;
      world.store.put('customer', customer);
      emit(world, 'customer.created', customer);
      if (method) emit(world, 'payment_method.attached', method);
      return present(world, customer);
    },
  ),
  route(`GET ${URL}`, { ...p.PAGE, email: p.text, test_clock: p.text }, ({ world, params }) => {
    const { email, test_clock } = params;
    const isAsked = (one: Customer): boolean => !one.deleted;
    return pageOf(world, 'customer', { email, test_clock }, { url: URL, params, isAsked });
  }),
  route(`GET ${URL}/:id`, {}, ({ world, path }) => {
    const customer = stored(world, 'customer', path.id);
    return customer.deleted ? tombstone(customer) : present(world, customer);
  }),
  route(`POST ${URL}/:id`, { ...FIELDS, default_source: p.text }, ({ world, params, path }) => {
    const customer = namedCustomer(world, stored(world, 'customer', path.id).id, 'id');
    const { balance, invoice_settings, metadata, ...fields } = params;
    const methodId = invoice_settings?.default_payment_method;
    if (typeof methodId === 'string') {
      const method = named(world, 'payment_method', methodId, 'invoice_settings');
      if (method.customer !== customer.id) throw notAttached(methodId);
    }
    const settings = { ...customer.invoice_settings, ...defined(invoice_settings ?? {}) };
    const update = {
      ...(defined(fields) as Partial<Customer>),
      invoice_settings: settings,
      metadata: p.mergeMetadata(customer.metadata, metadata),
    };
    change(world, 'customer', customer, update, 'customer.updated');
    const amount = (balance ?? customer.balance) - customer.balance;
    const currency = customer.currency ?? 'usd';
    if (amount !== 0) moveBalance(world, customer, { amount, currency, type: 'adjustment' });
    return present(world, customer);
  }),
  route(`DELETE ${URL}/:id/discount`, {}, ({ world, path }) =>
    droppedOf(world, stored(world, 'customer', path.id).discount),
  ),
  route(`DELETE ${URL}/:id`, {}, ({ world, path }) => {
    const customer = stored(world, 'customer', path.id);
    if (!customer.deleted) deleteCustomer(world, customer);
    return tombstone(customer);
  }),
];

/** Its subscriptions end at once; the tombstone stays. */
export function deleteCustomer(world: World, customer: Customer): void {
  const now = clockNow(world, customer.test_clock);
  for (const subscription of world.store.where('subscription', 'customer', customer.id)) {
    if (subscription.ended_at !== null) continue;
    Object.assign(subscription, { status: 'canceled', canceled_at: now, ended_at: now });
    world.store.put('subscription', subscription);
    emit(world, 'customer.subscription.deleted', subscription);
  }
  stopCollection(world, customer.id);
  emit(world, 'customer.deleted', customer);
  customer.deleted = true;
  world.store.put('customer', customer);
}

export function newCustomer(world: World, testClock: string | null): Customer {
  if (testClock !== null) {
    named(world, 'test_helpers.test_clock', testClock, 'test_clock');
    const onClock = world.store
      .where('customer', 'test_clock', testClock)
      .filter((one) => !one.deleted);
    if (onClock.length >= PER_CLOCK) {
      throw invalid(
        `Test clock ${testClock} already has ${PER_CLOCK} customers, the most it may.`,
        {
          param: 'test_clock',
        },
      );
    }
  }
  return {
    id: newId('cus').slice(0, 18),
    object: 'customer',
    address: null,
    balance: 0,
    created: testClock === null ? accountNow(world) : clockNow(world, testClock),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    discount: null,
    email: null,
    invoice_prefix: randomText(8).toUpperCase(),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {},
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: testClock,
  };
}

function notAttached(method: string): Error {
  return invalid(
    `The customer does not have a payment method with the ID ${method}. ` +
      'The payment method must be attached to the customer.',
    { code: 'resource_missing', param: 'invoice_settings[default_payment_method]' },
  );
}

function tombstone({ id, object }: Customer): Record<string, unknown> {
  return { id, object, deleted: true };
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
