/**
 * POST /v1/usage. Written against Node's own request and response, because this one path carries
 * the load and Express would be the dearest part of it.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import type { Intake } from '../../ingest/intake';
import type { Keyring } from '../http/keyring';
import type { ApiMetrics } from '../../metrics/api-metrics';
import { sendProblem } from '../http/problems';
import { takeUsageEvents } from './usage-answer';
import { readUsageBody } from './usage-body';
import type { ReadUsage } from './usage-bytes';

/** A single usage event that can't be taken: the body is what is wrong, or else the key. */
const statusOf = ({ code }: DomainError) => (code === 'customer_forbidden' ? 403 : 422);

export interface UsageDeps {
  readonly keyring: Keyring;
  readonly readUsage: ReadUsage;
  readonly intake: Intake;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
}

export function usageHandler(deps: UsageDeps): RequestListener {
  return (request, response) => {
    takeUsage(deps, request, response).catch((error: unknown) =>
      sendProblem(response, error, deps.log),
    );
  };
}

async function takeUsage(
  deps: UsageDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { key } = await deps.keyring.identify({ request, response }, 'ingest');
  const { isSingle, sent } = await readUsageBody(request, deps.readUsage(request, key));
  const { answer, outcomes } = await takeUsageEvents(deps, sent, key);
  const fault = outcomes[0];
  if (isSingle && fault instanceof DomainError) {
    sendProblem(response, fault, deps.log, statusOf(fault));
    return;
  }
  const body = JSON.stringify(answer);
  response.writeHead(202, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}
