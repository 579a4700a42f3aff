/** Faults on order: requests to a path or an object are refused, delayed, cut, or time out. */
import { nextChance } from './chance';
import type { StripeObject } from './objects';
import { StripeFault } from './protocol/fault';
import type { ErrorBody } from './protocol/fault';
import type { World } from './world';
import type { Fault } from './objects-own';

export const FAULT_STATUSES = [400, 401, 402, 403, 404, 409, 429, 500, 502, 503, 504] as const;

/** Some request, as far as faults tell requests apart. */
export interface Asked {
  method: string;
  path: string;
  /** Query and body, decoded. */
  parameters: string;
}

/** The fault for this request, if one is ordered and chance agrees; uses it up by one. */
export function takeFault(world: World, request: Asked): Fault | null {
  for (const fault of world.store.all('fault')) {
    if (!isFor(world, fault, request) || !isHit(world, fault)) continue;
    useUp(world, 'fault', fault);
    return fault;
  }
  return null;
}

export function isHit(
  world: World,
  { probability, sequence }: { probability: number | null; sequence: string | null },
): boolean {
  return probability === null || nextChance(world, sequence) < probability;
}

/** Objects are replaced, not changed: a fault under way keeps the terms that it began with. */
export function useUp<K extends 'fault' | 'webhook_fault'>(
  world: World,
  kind: K,
  fault: StripeObject & { times: number | 'always' },
): void {
  if (fault.times === 'always') return;
  if (fault.times <= 1) world.store.remove(kind, fault.id);
  else world.store.put(kind, { ...fault, times: fault.times - 1 } as never);
}

const TYPES: Readonly<Record<number, ErrorBody['type']>> = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  402: 'card_error',
  403: 'invalid_request_error',
  404: 'invalid_request_error',
  409: 'idempotency_error',
  429: 'invalid_request_error',
};
const CODES: Readonly<Record<number, string>> = {
  402: 'card_declined',
  404: 'resource_missing',
  409: 'idempotency_key_in_use',
  429: 'rate_limit',
};

export function refusalOf(fault: Fault): StripeFault | null {
  if (fault.mode !== 'before' || fault.status === null) return null;
  const subject = fault.path ?? fault.objectId ?? fault.customer;
  const type = fault.code === 'lock_timeout' ? 'invalid_request_error' : TYPES[fault.status];
  return new StripeFault(fault.status, {
    type: type ?? 'api_error',
    code: fault.code ?? CODES[fault.status],
    message: `Fault ordered at /_sandbox/faults (${subject}).`,
  });
}

function isFor(world: World, fault: Fault, { method, path, parameters }: Asked): boolean {
  if (fault.method !== null && fault.method !== method) return false;
  const isPath =
    fault.path === null ||
    path.startsWith(fault.path) ||
    new RegExp(`^(?:${fault.path})$`).test(path);
  const text = `${path}?${parameters}`;
  const { objectId, customer = null } = fault;
  return (
    isPath &&
    (objectId === null || names(text, objectId)) &&
    (customer === null || concerns(world, text, customer))
  );
}

/** A request without a customer's id may still name an invoice or a subscription of hers. */
function concerns(world: World, text: string, customer: string): boolean {
  return idsOf(text).some((id) => {
    const object = id.includes('_') ? world.store.find(id) : undefined;
    const owner = object?.object === 'subscription_item' ? String(object.subscription) : null;
    const subscription = owner === null ? object : world.store.get('subscription', owner);
    return id === customer || subscription?.customer === customer;
  });
}

/** Whole ids only: `sub_1` is not named by `sub_12`. */
function names(text: string, id: string): boolean {
  return idsOf(text).includes(id);
}

const idsOf = (text: string): string[] => text.split(/[^A-Za-z0-9_]+/);
