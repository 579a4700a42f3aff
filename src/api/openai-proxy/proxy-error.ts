/** Our own errors in the shape of OpenAI's, which its clients turn into their exceptions. */
import type { ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { tellProblem } from '../../traces/request-spans';
import { problemOf } from '../http/problems';
import { leaveBodyUnread } from '../limits/unread-body';
import { UnreadableBody } from './request-json';

/** What OpenAI calls it. */
const THEIR_CODES: Readonly<Record<string, string>> = {
  unauthorized: 'invalid_api_key',
  too_many_requests: 'rate_limit_exceeded',
};

export function sendProxyError(response: ServerResponse, error: unknown, log: Logger): void {
  // Whoever hung up is told nothing, and whatever that broke is no failure.
  if (response.destroyed) return;
  const { status, detail, code, retryAfterSeconds } = problemOf(
    error,
    error instanceof UnreadableBody ? 400 : undefined,
  );
  tellProblem(code);
  if (status >= 500) log.error({ err: error, code }, 'call of a model failed');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  leaveBodyUnread(response);
  if (status === 503 || status === 429)
    response.setHeader('Retry-After', Number(retryAfterSeconds ?? 1));
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  response.end(
    JSON.stringify({
      error: { message: detail, type, param: null, code: THEIR_CODES[code] ?? code },
    }),
  );
}
