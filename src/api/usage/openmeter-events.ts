/**
 * POST /api/v1/events: what speaks OpenMeter's ingest API is pointed here unchanged. 204 once all
 * is durable, duplicates included. Usage that can't be billed is 400 and names each bad one, while
 * the good ones are recorded: sending the whole request again counts nothing twice.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { DomainError } from '../../core/errors';
import { sendProblem } from '../http/problems';
import type { UsageDeps } from './usage';
import { takeUsageEvents } from './usage-answer';
import type { UsageAnswer } from './usage-answer';
import { readOpenMeterBody } from './usage-body';

/** Where /v1/usage says 422, OpenMeter's clients know 400. */
const BAD_BODY_STATUS = 400;

export function openMeterHandler(deps: UsageDeps): RequestListener {
  return (request, response) => {
    takeEvents(deps, request, response).catch((error: unknown) => {
      const isBadBody = error instanceof DomainError && error.code === 'invalid_request';
      sendProblem(response, error, deps.log, isBadBody ? BAD_BODY_STATUS : undefined);
    });
  };
}

async function takeEvents(
  deps: UsageDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { key } = await deps.keyring.identify({ request, response }, 'ingest');
  const { sent } = await readOpenMeterBody(request, deps.readUsage(request, key));
  const { answer } = await takeUsageEvents(deps, sent, key);
  if (answer.rejected > 0) throw rejected(answer);
  response.writeHead(204, { 'X-Content-Type-Options': 'nosniff' });
  response.end();
}

function rejected({ results, ...counts }: UsageAnswer): DomainError {
  const rejections = results.filter(({ status }) => status === 'rejected');
  const each = rejections.map(
    ({ index, id, message }) => `[${index}] ${id ?? 'without an id'}: ${message}`,
  );
  const remark = results.length > rejections.length ? ' The others are recorded.' : '';
  return new DomainError(
    'usage_events_rejected',
    `${rejections.length} of ${results.length} events can't be counted.${remark} ${each.join(' ')}`,
    {
      ...counts,
      rejectedEvents: rejections.map(({ index, id, code, message }) => ({
        index,
        id,
        code,
        message,
      })),
    },
  );
}
