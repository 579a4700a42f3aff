/** Faults on order: the next N requests to a path are refused, delayed, cut, or time out. */
import { randomUUID } from 'node:crypto';
import { StripeFault } from './protocol/fault';
import type { ErrorBody } from './protocol/fault';

export interface Fault {
  id: string;
  method?: string;
  /** A prefix, or a regular expression of the whole path. */
  path: string;
  times: number;
  status?: number;
  code?: string;
  /** Before: not applied. After_apply_timeout: applied, no answer. Cut: applied, half of it. */
  mode: 'before' | 'after_apply_timeout' | 'cut';
  delayMs?: number;
}

export interface Faults {
  add(order: unknown): Fault;
  list(): readonly Fault[];
  clear(): void;
  /** The fault for this request, if one is ordered; uses it up by one. */
  take(method: string, path: string): Fault | null;
}

const MODES = ['before', 'after_apply_timeout', 'cut'] as const;

export function createFaults(): Faults {
  let faults: Fault[] = [];
  return {
    add: (order) => {
      const fault = parseFault(order);
      faults.push(fault);
      return fault;
    },
    list: () => faults,
    clear: () => void (faults = []),
    take: (method, path) => {
      const fault = faults.find((one) => isFor(one, method, path));
      if (!fault) return null;
      fault.times -= 1;
      faults = faults.filter((one) => one.times > 0);
      return fault;
    },
  };
}

export function refusalOf(fault: Fault): StripeFault | null {
  if (fault.mode !== 'before' || fault.status === undefined) return null;
  const types: Record<number, ErrorBody['type']> = {
    400: 'invalid_request_error',
    402: 'card_error',
    404: 'invalid_request_error',
    409: 'idempotency_error',
    429: 'invalid_request_error',
  };
  const defaultCodes: Record<number, string> = { 409: 'idempotency_key_in_use', 429: 'rate_limit' };
  return new StripeFault(fault.status, {
    type: types[fault.status] ?? 'api_error',
    code: fault.code ?? defaultCodes[fault.status],
    message: `Fault ordered at /_sandbox/faults (${fault.path}).`,
  });
}

function isFor(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  return path.startsWith(fault.path) || new RegExp(`^(?:${fault.path})$`).test(path);
}

function parseFault(order: unknown): Fault {
  const { method, path, times, status, code, mode, delayMs } = (order ?? {}) as Partial<Fault>;
  if (typeof path !== 'string') {
    throw new StripeFault(400, {
      type: 'invalid_request_error',
      message: `A fault needs a path (a prefix or a regular expression), got ${String(path)}.`,
    });
  }
  const known = MODES.find((one) => one === (mode ?? 'before'));
  if (!known) {
    throw new StripeFault(400, {
      type: 'invalid_request_error',
      message: `A fault's mode is one of ${MODES.join(', ')}, got ${String(mode)}.`,
    });
  }
  return { id: randomUUID(), method, path, times: times ?? 1, status, code, mode: known, delayMs };
}
