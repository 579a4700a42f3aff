/** An object by the id in the path or in a parameter, or Stripe's refusal. */
import type { Customer } from '../objects';
import type { Kind, Kinds } from '../store';
import type { World } from '../world';
import { missing, missingParam } from './fault';

const NAMES: Partial<Record<Kind, string>> = {
  payment_method: 'PaymentMethod',
  'billing.meter': 'meter',
  'test_helpers.test_clock': 'test clock',
  webhook_endpoint: 'webhook endpoint',
};

/** Named in the path: 404 if it does not exist. */
export function stored<K extends Kind>(world: World, kind: K, id: string | undefined): Kinds[K] {
  const object = world.store.get(kind, id ?? '');
  if (object) return object;
  throw missing(NAMES[kind] ?? kind, id ?? '');
}

/** Named in a parameter: 400 if it does not exist. */
export function named<K extends Kind>(
  world: World,
  kind: K,
  id: string | undefined,
  param: string,
): Kinds[K] {
  const object = world.store.get(kind, id ?? '');
  if (object) return object;
  throw missingParam(NAMES[kind] ?? kind, id ?? '', param);
}

/** Gives what `stored` does, but only the asking account's: to anyone else it does not exist. */
export function owned<K extends Kind>(
  world: World,
  kind: K,
  id: string | undefined,
  account: string | undefined,
): Kinds[K] {
  const object = world.store.get(kind, id ?? '');
  if (object && object.owner === account) return object;
  throw missing(NAMES[kind] ?? kind, id ?? '');
}

export function allOf<K extends Kind>(
  world: World,
  kind: K,
  account: string | undefined,
): Kinds[K][] {
  return world.store.all(kind).filter((one) => one.owner === account);
}

export function namedCustomer(world: World, id: string | undefined, param = 'customer'): Customer {
  const customer = named(world, 'customer', id, param);
  if (customer.deleted) throw missingParam('customer', customer.id, param);
  return customer;
}
