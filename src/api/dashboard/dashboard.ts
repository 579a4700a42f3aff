/** The customer's dashboard: POST …/dashboard-link, and the pages under /dashboard. */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import { readBuiltApp } from '../../dashboard/built-app';
import type { BuiltApp } from '../../dashboard/built-app';
import { customerPage } from '../../dashboard/customer-page';
import { howToGetALink, linkDoesNotWork, notice } from '../../dashboard/notices';
import { findCustomer } from '../../db/customers';
import { customerIdOf } from '../customer-id';
import { requireCustomer, requirePeriod } from '../customers/customer-period';
import type { SignedLinks } from '../../links/signed-link';
import { createDashboardLinks } from '../../links/signed-link';
import { createDashboardLive } from './dashboard-live';
import type { PageAsked } from './dashboard-live';
import { createPageStream, dashboardStream } from './dashboard-stream';
import type { StreamPage } from './dashboard-stream';
import { dashboardView } from './dashboard-view';
import type { ApiConfig } from '../deps';
import { setPagePolicy } from '../http/page-policy';
import { parseRequest } from '../http/parse-request';
import type { ReportDeps } from '../reports/usage-report';
import { dashboardLinkRequestSchema, baseUrl, inSeconds } from '../../links/link-request';

const FILES = { 'dashboard.css': 'text/css', 'address.js': 'text/javascript' } as const;

export interface DashboardDeps extends ReportDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
}

/** One for all whose pages are live, so that the same page is read once for all of them. */
export function createLivePages(
  deps: DashboardDeps & { readonly closing: AbortSignal },
): StreamPage {
  const live = createDashboardLive({
    ...deps,
    read: async ({ customer, period }) =>
      dashboardView(deps, await requireCustomer(deps.pool, customer), period),
  });
  return createPageStream({ ...deps, live, isThere: isPageThere(deps) });
}

export function dashboardRoutes(
  deps: DashboardDeps & { readonly streamPage: StreamPage },
  readCustomer: RequestHandler,
): Router {
  const links = createDashboardLinks(deps.config);
  // Strict: below /dashboard/ the page's relative addresses would lead elsewhere.
  const router = Router({ strict: true });
  router.post(
    '/v1/customers/:customer/dashboard-link',
    readCustomer,
    async (request, response: Response) => {
      const body = parseRequest(dashboardLinkRequestSchema, request.body ?? {}, 'The body');
      const { customer } = await requireCustomer(deps.pool, customerIdOf(request));
      const expiresAt = inSeconds(body.expiresInSeconds);
      const token = links.sign({ subject: customer, expiresAt });
      const url = `${baseUrl(deps.config, request)}/dashboard?token=${token}`;
      response.status(201).json({ url, expiresAt: expiresAt.toISOString() });
    },
  );
  const app = readBuiltApp();
  router.get('/dashboard', showPage(deps, links, app));
  router.get('/dashboard/events', dashboardStream(links, deps.streamPage));
  for (const [name, type] of Object.entries(FILES)) {
    const content = readFileSync(join(__dirname, '..', '..', 'dashboard', name));
    router.get(`/dashboard/${name}`, (_request, response) => {
      response.set('Cache-Control', 'no-cache').type(type).send(content);
    });
  }
  for (const [name, content] of app.files) {
    router.get(`/dashboard/${name}`, (_request, response) => {
      const cachePolicy = 'public, max-age=31536000, immutable';
      response.set('Cache-Control', cachePolicy).type(extname(name)).send(content);
    });
  }
  return router;
}

/** It looks for customer and period alone: the figures are read where the page is followed. */
const isPageThere =
  ({ pool }: DashboardDeps) =>
  async ({ customer, period }: PageAsked): Promise<boolean> => {
    try {
      await requireCustomer(pool, customer);
      if (period !== undefined) await requirePeriod(pool, customer, period);
      return true;
    } catch (error) {
      // Where the ledger can't be asked the page may be there, and is live once it can.
      return !(error instanceof DomainError);
    }
  };

function showPage(deps: DashboardDeps, links: SignedLinks, app: BuiltApp): RequestHandler {
  return async (request, response) => {
    setPagePolicy(response, deps.config);
    const send = (status: number, page: string) => response.status(status).type('html').send(page);
    const { token, period } = request.query;
    if (token === undefined) return void send(200, howToGetALink(baseUrl(deps.config, request)));
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    if (typeof link === 'string') return void send(403, linkDoesNotWork(link));
    const customer = await findCustomer(deps.pool, link.subject);
    if (!customer) return void send(404, notice('No such customer', 'It is not known any more.'));
    try {
      const periodName = typeof period === 'string' ? period : undefined;
      send(200, customerPage(await dashboardView(deps, customer, periodName), app));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.code !== 'period_not_found' && error.code !== 'invalid_request') throw error;
      send(404, notice('There is no such period', error.message));
    }
  };
}
