/** What every request passes first, and every answer has unless its route says otherwise. */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import { sendProblem } from './problems';

/** Answers are about money and for the caller alone: nobody on the way keeps one. */
const CACHE_POLICY = 'no-store';

/** Whoever was answered before its body came may end it within this time. */
const BODY_END_MS = 5_000;

export function atTheDoor(listener: RequestListener, log: Logger): RequestListener {
  return (request, response) => {
    response.setHeader('Cache-Control', CACHE_POLICY);
    response.once('finish', () => endSoon(request));
    const hosts = hostsOf(request);
    if (hosts.length > 1) sendProblem(response, severalHosts(hosts.length), log, 400);
    else listener(request, response);
  };
}

/** The rest of a body that nobody reads any more is dropped, and not for as long as it likes. */
function endSoon(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), BODY_END_MS).unref();
  request.once('close', () => clearTimeout(timer));
}

/** Node keeps the first and drops the others; a proxy before us may have read another. */
function hostsOf({ rawHeaders }: IncomingMessage): readonly string[] {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
}

const severalHosts = (hosts: number): DomainError =>
  new DomainError('invalid_request', `The request has ${hosts} Host headers: expected one.`);
