/** GET /dashboard/events: the customer's page as server-sent events, as long as its link works. */
import type { RequestHandler } from 'express';
import type { SignedLinks } from '../../links/signed-link';
import type { DashboardLive } from './dashboard-live';

/** Highest number of open streams per process; each costs a connection and a share of each poll. */
const STREAMS_MAX = 5_000;
/** The browser opens it again after this long. */
const RETRY_MS = 2_000;

export function dashboardStream(deps: {
  readonly links: SignedLinks;
  readonly live: DashboardLive;
  /** The process ends: so do the streams, and the pages open them at another one. */
  readonly closing: AbortSignal;
}): RequestHandler {
  let openStreams = 0;
  return (request, response) => {
    const { token, period } = request.query;
    const now = new Date();
    const link = typeof token === 'string' ? deps.links.verify(token, now) : 'invalid';
    if (link === 'invalid') return void response.status(403).end();
    if (openStreams >= STREAMS_MAX) return void response.status(503).set('Retry-After', '10').end();
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store, no-transform',
      // nginx would collect a page of them first.
      'X-Accel-Buffering': 'no',
    });
    const send = (event: string, data = '{}') =>
      response.write(`event: ${event}\ndata: ${data}\n\n`);
    const expire = () => response.end('event: expired\ndata: {}\n\n');
    if (link === 'expired') return void expire();
    response.write(`retry: ${RETRY_MS}\n\n`);
    openStreams += 1;
    let waitingView: string | undefined;
    const page = {
      customer: link.subject,
      period: typeof period === 'string' ? period : undefined,
    };
    const leave = deps.live.join(page, {
      // A reader that can't keep up gets the newest view once it can.
      onView: (json) => (response.writableNeedDrain ? (waitingView = json) : send('view', json)),
      onAlive: () => response.writableNeedDrain || send('alive'),
    });
    response.on('drain', () => {
      if (waitingView !== undefined) send('view', waitingView);
      waitingView = undefined;
    });
    const expiry = setTimeout(expire, link.expiresAt.getTime() - now.getTime());
    const end = () => response.end();
    deps.closing.addEventListener('abort', end);
    response.on('close', () => {
      openStreams -= 1;
      leave();
      clearTimeout(expiry);
      deps.closing.removeEventListener('abort', end);
    });
  };
}
