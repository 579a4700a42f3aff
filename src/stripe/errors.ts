/**
 * The one table that tells what a failed Stripe call means and whether the same call may be
 * repeated. Decided by status, raw type, code and Stripe's own advice, never by the SDK's class
 * (a 409 is a StripeAPIError there, like a 500).
 */
import Stripe from 'stripe';
import { NO_ERROR_BODY } from './client';

export type StripeFailureKind =
  | 'connection'
  | 'rate_limit'
  | 'lock_timeout'
  | 'conflict'
  | 'server'
  | 'already_exists'
  | 'invalid'
  | 'auth'
  | 'card'
  | 'idempotency_mismatch';

export interface StripeFailure {
  readonly kind: StripeFailureKind;
  /** Stable code, the `type` of the Temporal failure. */
  readonly type: string;
  /** Whether the same request with the same idempotency key may be sent again. */
  readonly retryable: boolean;
  /** Stripe may have acted all the same: look up before sending under another key. */
  readonly isOutcomeUnknown: boolean;
  /** The repeat waits at least so long. */
  readonly retryAfterMs?: number;
  /** Logs and histories have it: no headers, no body, no personal data. */
  readonly summary: string;
}

interface Seen {
  readonly status: number | undefined;
  readonly rawType: string | undefined;
  readonly code: string | undefined;
  readonly message: string;
}

interface Row {
  readonly when: (answer: Seen) => boolean;
  readonly kind: StripeFailureKind;
  readonly type: string;
  readonly retryable: boolean;
  readonly leastDelayMs?: number;
}

/** Stripe's answer to a meter event whose `identifier` it has: a message, and no code. */
const DUPLICATE_IDENTIFIER = /event already exists with identifier/i;

/** The first row that matches decides. */
const TABLE: readonly Row[] = [
  {
    when: ({ status, rawType }) => status === undefined || rawType === NO_ERROR_BODY,
    kind: 'connection',
    type: 'stripe_unreachable',
    retryable: true,
  },
  {
    when: ({ status, code, message }) =>
      status === 400 && (code === 'duplicate_meter_event' || DUPLICATE_IDENTIFIER.test(message)),
    kind: 'already_exists',
    type: 'stripe_already_exists',
    retryable: false,
  },
  {
    when: ({ status, code }) => status === 429 && code === 'lock_timeout',
    kind: 'lock_timeout',
    type: 'stripe_lock_timeout',
    retryable: true,
    leastDelayMs: 500,
  },
  {
    when: ({ status, code }) => status === 429 || (status === 400 && code === 'rate_limit'),
    kind: 'rate_limit',
    type: 'stripe_rate_limited',
    retryable: true,
    leastDelayMs: 2_000,
  },
  {
    // The first request with this key is still being worked on.
    when: ({ status }) => status === 409,
    kind: 'conflict',
    type: 'stripe_conflict',
    retryable: true,
    leastDelayMs: 500,
  },
  {
    // One key for two different requests: a bug of ours, which no repetition mends.
    when: ({ rawType }) => rawType === 'idempotency_error',
    kind: 'idempotency_mismatch',
    type: 'stripe_idempotency_mismatch',
    retryable: false,
  },
  {
    when: ({ status }) => status === 401,
    kind: 'auth',
    type: 'stripe_unauthenticated',
    retryable: false,
  },
  {
    when: ({ status }) => status === 403,
    kind: 'auth',
    type: 'stripe_forbidden',
    retryable: false,
  },
  {
    when: ({ status, rawType }) => status === 402 || rawType === 'card_error',
    kind: 'card',
    type: 'stripe_card_declined',
    retryable: false,
  },
  {
    when: ({ code }) => code === 'resource_missing',
    kind: 'invalid',
    type: 'stripe_resource_missing',
    retryable: false,
  },
  {
    when: ({ code }) => code === 'balance_insufficient',
    kind: 'invalid',
    type: 'stripe_balance_insufficient',
    retryable: false,
  },
  {
    when: ({ status }) => status !== undefined && status >= 500,
    kind: 'server',
    type: 'stripe_server_error',
    retryable: true,
  },
  { when: () => true, kind: 'invalid', type: 'stripe_invalid_request', retryable: false },
];

/** null: not an error of the Stripe package, so not one this table can judge. */
export function classifyStripeError(error: unknown): StripeFailure | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null;
  const answer = {
    status: error.statusCode,
    rawType: error.rawType as string | undefined,
    code: error.code,
    message: error.message,
  };
  const row = TABLE.find(({ when }) => when(answer));
  if (!row) throw error;
  const headers = error.headers ?? {};
  const retryable = advised(row, headers['stripe-should-retry']);
  const retryAfterMs = secondsToMs(headers['retry-after']) ?? row.leastDelayMs;
  return {
    kind: row.kind,
    type: row.type,
    retryable,
    isOutcomeUnknown: row.kind === 'connection' || row.kind === 'server',
    ...(retryable && retryAfterMs !== undefined && { retryAfterMs }),
    summary: summarise(row, error),
  };
}

/** The meter event is at Stripe already, from an earlier attempt: that is success. */
export function isDuplicateIdentifier(error: unknown): boolean {
  return classifyStripeError(error)?.kind === 'already_exists';
}

/** "No such customer": it was deleted, or is of another account. */
export function isMissingCustomer(error: unknown): boolean {
  if (classifyStripeError(error)?.type !== 'stripe_resource_missing') return false;
  return /no such customer/i.test((error as Error).message);
}

/** The object itself is gone, or was never there: undefined. Other refusals are thrown. */
export async function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** The path's object is gone: not one that a parameter names, and not for the lack of a right. */
const isGone = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  error.statusCode === 404 &&
  error.code === 'resource_missing';

/** Stripe knows best whether a repeat helps. A duplicate is settled: nothing may repeat it. */
function advised(row: Row, shouldRetry: string | undefined): boolean {
  if (row.kind === 'already_exists') return false;
  if (shouldRetry === 'true') return true;
  if (shouldRetry === 'false') return false;
  return row.retryable;
}

function secondsToMs(retryAfter: string | undefined): number | undefined {
  const seconds = Number(retryAfter);
  return retryAfter !== undefined && Number.isFinite(seconds) && seconds >= 0
    ? Math.ceil(seconds * 1000)
    : undefined;
}

function summarise(row: Row, error: InstanceType<typeof Stripe.errors.StripeError>): string {
  const facts = [
    error.statusCode === undefined ? 'no answer' : `HTTP ${error.statusCode}`,
    error.code && `code ${error.code}`,
    error.decline_code && `decline code ${error.decline_code}`,
    error.param && `parameter ${error.param}`,
    error.requestId && `request ${error.requestId}`,
  ].filter(Boolean);
  return `Stripe: ${row.type} (${facts.join(', ')})`;
}
