/** Our own errors in the provider's shape, which its clients turn into their exceptions. */
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import { tellProblem } from '../../traces/request-spans';
import { problemOf } from '../http/problems';
import { leaveBodyUnread } from '../limits/unread-body';
import { UnreadableBody } from './request/request-json';
import type { Dialect } from './route';

/** What OpenAI calls it. */
const OPENAI_CODES: Readonly<Record<string, string>> = {
  unauthorized: 'invalid_api_key',
  too_many_requests: 'rate_limit_exceeded',
};

/** What Anthropic calls it, by the status; all else is an `api_error`. */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  415: 'invalid_request_error',
  422: 'invalid_request_error',
  429: 'rate_limit_error',
  504: 'timeout_error',
};

interface Failure {
  readonly status: number;
  readonly detail: string;
  readonly code: string;
}

const SHAPES: Readonly<Record<Dialect, (failure: Failure) => object>> = {
  openai: ({ status, detail, code }) => {
    const type = status >= 500 ? 'server_error' : 'invalid_request_error';
    return { error: { message: detail, type, param: null, code: OPENAI_CODES[code] ?? code } };
  },
  anthropic: ({ status, detail, code }) => {
    const type = ANTHROPIC_TYPES[status] ?? 'api_error';
    return { type: 'error', error: { type, message: detail, code } };
  },
};

export interface ErrorPlace {
  readonly dialect: Dialect;
  readonly log: Logger;
}

/** The body, and what else is told; what is unexpected is in the log then. */
export function proxyErrorOf(error: unknown, { dialect, log }: ErrorPlace) {
  const { status, detail, code, retryAfterSeconds } = problemOf(
    error,
    error instanceof UnreadableBody ? 400 : undefined,
  );
  tellProblem(code);
  if (status >= 500) log.error({ err: error, code }, 'call of a model failed');
  const isTemporary = status === 503 || status === 429;
  return {
    status,
    body: SHAPES[dialect]({ status, detail, code }),
    retryAfter: isTemporary ? Number(retryAfterSeconds ?? 1) : undefined,
  };
}

export function sendProxyError(response: ServerResponse, error: unknown, place: ErrorPlace): void {
  // Whoever hung up is told nothing, and whatever that broke is no failure.
  if (response.destroyed) return;
  const { status, body, retryAfter } = proxyErrorOf(error, place);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  leaveBodyUnread(response);
  if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(JSON.stringify(body));
}

/** `whose`: such as "the response is". Throws `ledger_unavailable`. */
export const notCheckable =
  (whose: string) =>
  (cause: unknown): never => {
    const error = new DomainError(
      'ledger_unavailable',
      `Whose ${whose} can not be checked because the database can not be reached.`,
    );
    error.cause = cause;
    throw error;
  };
