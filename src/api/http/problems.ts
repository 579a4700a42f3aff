/** Errors as `application/problem+json` (RFC 9457): only here do codes get an HTTP status. */
import type { ServerResponse } from 'node:http';
import type { ErrorRequestHandler } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';
import { isWithoutConnection } from '../../db/pool';
import { tellProblem } from '../../traces/request-spans';
import { leaveBodyUnread } from '../limits/unread-body';

const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_request: 422,
  invalid_usage_event: 422,
  usage_event_conflict: 422,
  usage_events_rejected: 400,
  usage_too_large: 422,
  usage_archived: 410,
  occurred_at_out_of_range: 422,
  customer_not_found: 404,
  customer_conflict: 409,
  customer_forbidden: 403,
  subscription_not_active: 409,
  plan_unchanged: 409,
  plan_change_not_possible: 409,
  cancellation_pending: 409,
  price_not_settled: 409,
  price_changed: 409,
  payment_requires_action: 402,
  customer_deleted: 409,
  usage_not_reported: 409,
  exception_not_found: 404,
  resolution_not_possible: 422,
  too_many_grants: 409,
  state_full: 409,
  grant_conflict: 409,
  dunning_not_found: 404,
  idempotency_key_reused: 422,
  idempotency_key_expired: 409,
  billing_unavailable: 503,
  vendor_not_found: 404,
  vendor_conflict: 409,
  vendor_not_payable: 409,
  vendor_charge_conflict: 409,
  customer_not_payable: 409,
  card_declined: 402,
  plan_not_found: 422,
  period_not_found: 404,
  catalog_invalid: 500,
  catalog_not_pushed: 503,
  rate_below_cost: 422,
  subscription_ended: 403,
  openai_proxy_off: 404,
  upstream_unreachable: 502,
  upstream_timeout: 504,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  misdirected_request: 421,
  method_not_allowed: 405,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  ledger_unavailable: 503,
  stripe_error: 502,
  webhook_signature_invalid: 400,
  webhook_api_version_mismatch: 400,
  invoice_not_held: 503,
  invariant_broken: 500,
  internal_error: 500,
};

export const statusOf = (code: ErrorCode): number => STATUS[code];

export const problemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:tollkeeper:problem:customer_not_found' }),
    title: z.string().meta({ description: 'The code as words' }),
    status: z.number().int().meta({ description: 'The HTTP status', example: 404 }),
    detail: z.string().meta({
      description: 'What was seen, what was expected, and what to do: for people',
    }),
    code: z.string().meta({ description: 'Stable; made to be compared' }),
  })
  .loose()
  .meta({ id: 'Problem' });

export type Problem = z.infer<typeof problemSchema>;

const titleOf = (code: string): string => {
  const words = code.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};

function problem(code: string, status: number, detail: string, extension: object = {}): Problem {
  return {
    ...extension,
    type: `urn:tollkeeper:problem:${code}`,
    title: titleOf(code),
    status,
    detail,
    code,
  };
}

/** What is told of an error: nothing of our insides when we did not expect it. */
export function problemOf(error: unknown, status?: number): Problem {
  if (error instanceof DomainError) {
    const ownStatus = status ?? STATUS[error.code];
    if (error.code !== 'invariant_broken')
      return problem(error.code, ownStatus, error.message, error.detail);
  }
  const parser = bodyParserProblem(error);
  if (parser) return parser;
  if (isWithoutConnection(error))
    return problem(
      'ledger_unavailable',
      STATUS.ledger_unavailable,
      'The database can not be reached, or has no connection to spare. Send the request again.',
    );
  return problem(
    'internal_error',
    STATUS.internal_error,
    'Something went wrong on our side; it has been logged.',
  );
}

/** Express' own parsers and router throw errors that carry `status` and `type`. */
function bodyParserProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number')
    return undefined;
  if (error.status === 413)
    return problem('payload_too_large', 413, `The body is too large: ${error.message}.`);
  if (error.status === 415)
    return problem('unsupported_media_type', 415, `The body can't be decoded: ${error.message}.`);
  if (error.status >= 400 && error.status < 500)
    return problem('invalid_request', 422, `The request can't be read: ${error.message}`);
  return undefined;
}

/** Works on any Node response, so that the lean usage route needs no Express. */
export function sendProblem(
  response: ServerResponse,
  error: unknown,
  log: Logger,
  status?: number,
): void {
  sendProblemAs(response, { problem: problemOf(error, status), error, log }, (body) => ({
    type: 'application/problem+json; charset=utf-8',
    body: JSON.stringify(body),
  }));
}

export interface ToldProblem {
  readonly problem: Problem;
  /** The cause of it. */
  readonly error: unknown;
  readonly log: Logger;
}

/** The same in the form of another protocol, whose clients would not read a problem. */
export function sendProblemAs(
  response: ServerResponse,
  { problem, error, log }: ToldProblem,
  write: (problem: Problem) => { readonly type: string; readonly body: string | Uint8Array },
): void {
  tellProblem(problem.code);
  if (problem.status >= 500) log.error({ err: error, code: problem.code }, 'request failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  leaveBodyUnread(response);
  const { retryAfterSeconds } = problem;
  if (problem.status === 429 || problem.status === 503)
    response.setHeader('Retry-After', Number(retryAfterSeconds ?? 1));
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer');
  const { type, body } = write(problem);
  response.statusCode = problem.status;
  response.setHeader('Content-Type', type);
  response.end(body);
}

export function problemHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => sendProblem(response, error, log);
}
