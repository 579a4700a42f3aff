/** Faults on order: requests to a path or an object are refused, delayed, cut, or time out. */
import { nextChance } from './chance';
import type { StripeObject } from './objects';
import { StripeFault } from './protocol/fault';
import type { ErrorBody } from './protocol/fault';
import type { World } from './world';

export const FAULT_MODES = [
  'before',
  'after_apply_timeout',
  'before_timeout',
  'cut',
  'cut_before',
  'delay',
] as const;
export const FAULT_STATUSES = [400, 402, 403, 404, 409, 429, 500, 502, 503, 504] as const;

export interface Fault extends StripeObject {
  object: 'fault';
  method: string | null;
  /** A prefix, or a regular expression of the whole path. */
  path: string | null;
  /** An id that the path or the parameters must name. */
  objectId: string | null;
  times: number | 'always';
  probability: number | null;
  /** The own sequence of chance; null for the one that all faults share. */
  sequence: string | null;
  status: number | null;
  code: string | null;
  shouldRetry: boolean | null;
  /**
   * `before`: refused, not applied. `after_apply_timeout`: applied, no answer. `before_timeout`:
   * not applied, no answer. `cut`: applied, half an answer. `cut_before`: not applied, the
   * connection closed. `delay`: answered late.
   */
  mode: (typeof FAULT_MODES)[number];
  delayMs: number;
}

/** Some request, as far as faults tell requests apart. */
export interface Asked {
  method: string;
  path: string;
  /** Query and body, decoded. */
  parameters: string;
}

/** The fault for this request, if one is ordered and chance agrees; uses it up by one. */
export function takeFault(world: World, asked: Asked): Fault | null {
  for (const fault of world.store.all('fault')) {
    if (!isFor(fault, asked) || !isHit(world, fault)) continue;
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
  const where = fault.path ?? fault.objectId;
  const type = fault.code === 'lock_timeout' ? 'invalid_request_error' : TYPES[fault.status];
  return new StripeFault(fault.status, {
    type: type ?? 'api_error',
    code: fault.code ?? CODES[fault.status],
    message: `Fault ordered at /_sandbox/faults (${where}).`,
  });
}

function isFor(fault: Fault, { method, path, parameters }: Asked): boolean {
  if (fault.method !== null && fault.method !== method) return false;
  const isPath =
    fault.path === null ||
    path.startsWith(fault.path) ||
    new RegExp(`^(?:${fault.path})$`).test(path);
  return isPath && (fault.objectId === null || names(`${path}?${parameters}`, fault.objectId));
}

/** Whole ids only: `sub_1` is not named by `sub_12`. */
function names(text: string, id: string): boolean {
  return text.split(/[^A-Za-z0-9_]+/).includes(id);
}
