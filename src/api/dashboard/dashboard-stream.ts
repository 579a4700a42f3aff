/**
 * GET /dashboard/events: the customer's page as server-sent events, as long as its link works. An
 * app's components get the same by their token.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { SignedLinks } from '../../links/signed-link';
import { clientNetwork } from '../client-address';
import type { DashboardLive, PageAsked } from './dashboard-live';
import { createStreamPlaces } from './stream-places';

/** The browser opens it again after this long. */
const RETRY_MS = 2_000;
const FULL_RETRY_SECONDS = '10';

interface StreamDeps {
  readonly live: DashboardLive;
  /** Whether there is such a page; one that can't be read now may be there. */
  readonly isThere: (page: PageAsked) => Promise<boolean>;
  /** The process ends: so do the streams, and the pages open them at another one. */
  readonly closing: AbortSignal;
}

/** Sends what the page shows to whoever has shown a link that works, until that ends. */
export type StreamPage = (
  request: Request,
  response: Response,
  visit: { readonly page: PageAsked; readonly expiresAt: Date },
) => Promise<void>;

export function createPageStream(deps: StreamDeps): StreamPage {
  const places = createStreamPlaces();
  return async (request, response, { page, expiresAt }) => {
    const address = clientNetwork(request);
    const giveBack = places.take({ customer: page.customer, address });
    if (typeof giveBack === 'string') {
      response
        .status(giveBack === 'all' ? 503 : 429)
        .set('Retry-After', FULL_RETRY_SECONDS)
        .end();
      return;
    }
    response.once('close', giveBack);
    if (!(await deps.isThere(page))) return void response.status(404).end();
    if (!response.closed) keepSending(deps, response, { page, expiresAt });
  };
}

export const dashboardStream =
  (links: SignedLinks, streamPage: StreamPage): RequestHandler =>
  async (request, response) => {
    const { token, period } = request.query;
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    if (link === 'invalid') return void response.status(403).end();
    if (link === 'expired') {
      begin(response);
      return void expire(response);
    }
    const periodName = typeof period === 'string' ? period : undefined;
    const page = { customer: link.subject, period: periodName };
    await streamPage(request, response, { page, expiresAt: link.expiresAt });
  };

function keepSending(
  { live, closing }: StreamDeps,
  response: Response,
  { page, expiresAt }: { readonly page: PageAsked; readonly expiresAt: Date },
): void {
  begin(response);
  response.write(`retry: ${RETRY_MS}\n\n`);
  const send = (event: string, data = '{}') => response.write(`event: ${event}\ndata: ${data}\n\n`);
  let waitingView: string | undefined;
  const end = () => response.end();
  const leave = live.join(page, {
    // A reader that can't keep up gets the newest view once it can.
    onView: (json) => (response.writableNeedDrain ? (waitingView = json) : send('view', json)),
    onAlive: () => response.writableNeedDrain || send('alive'),
    onGone: end,
  });
  response.on('drain', () => {
    if (waitingView !== undefined) send('view', waitingView);
    waitingView = undefined;
  });
  const expiry = setTimeout(() => expire(response), expiresAt.getTime() - Date.now());
  closing.addEventListener('abort', end);
  if (closing.aborted) end();
  response.on('close', () => {
    leave();
    clearTimeout(expiry);
    closing.removeEventListener('abort', end);
  });
}

function begin(response: Response): void {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store, no-transform',
    // nginx would collect a page of them first.
    'X-Accel-Buffering': 'no',
  });
}

const expire = (response: Response) => response.end('event: expired\ndata: {}\n\n');
