/** The customer's dashboard: POST …/dashboard-link, and the pages under /dashboard. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../core/errors';
import { howToGetALink, linkDoesNotWork, noPeriodYet, notice } from '../dashboard/notices';
import { dashboardPage } from '../dashboard/page';
import type { DashboardView } from '../dashboard/view';
import { listBillingPeriods } from '../db/billing-periods';
import type { Customer } from '../db/customers';
import { findCustomer } from '../db/customers';
import { requireCustomer, requirePeriod } from './customer-period';
import type { DashboardLinks } from './dashboard-link';
import { createDashboardLinks } from './dashboard-link';
import type { ApiConfig } from './deps';
import { parseRequest } from './parse-request';
import { invoiceOf, PERIODS_MAX } from './reports';
import type { ReportDeps } from './usage-report';
import { usageReport } from './usage-report';

const HOUR_SECONDS = 3600;
/** The longest that a link works; those in e-mails do. */
export const WEEK_SECONDS = 7 * 24 * HOUR_SECONDS;

export const dashboardLinkRequestSchema = z
  .strictObject({
    expiresInSeconds: z.number().int().min(1).max(WEEK_SECONDS).default(HOUR_SECONDS),
  })
  .meta({ id: 'DashboardLinkRequest' });

export const dashboardLinkSchema = z
  .object({
    url: z.url().meta({ description: "The customer's page; whoever has it can read it" }),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'DashboardLink' });

/** Nothing but our own files, and no script in the page itself. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');

const FILES = { 'dashboard.css': 'text/css', 'live.js': 'text/javascript' } as const;

export interface DashboardDeps extends ReportDeps {
  readonly config: ApiConfig;
}

export function dashboardRoutes(deps: DashboardDeps, read: RequestHandler): Router {
  const links = createDashboardLinks(deps.config);
  // Strict: below /dashboard/ the page's relative addresses would lead elsewhere.
  const router = Router({ strict: true });
  router.post(
    '/v1/customers/:customer/dashboard-link',
    read,
    async (request, response: Response) => {
      const body = parseRequest(dashboardLinkRequestSchema, request.body ?? {}, 'The body');
      const { customer } = await requireCustomer(deps.pool, String(request.params.customer));
      const second = Math.floor(Date.now() / 1000) + body.expiresInSeconds;
      const expiresAt = new Date(second * 1000);
      const token = links.sign({ customer, expiresAt });
      const url = `${baseUrl(deps.config, request)}/dashboard?token=${token}`;
      response.status(201).json({ url, expiresAt: expiresAt.toISOString() });
    },
  );
  router.get('/dashboard', showPage(deps, links));
  for (const [name, type] of Object.entries(FILES)) {
    const content = readFileSync(join(__dirname, '..', 'dashboard', name));
    router.get(`/dashboard/${name}`, (_request, response) => {
      response.set('Cache-Control', 'no-cache').type(type).send(content);
    });
  }
  return router;
}

function showPage(deps: DashboardDeps, links: DashboardLinks): RequestHandler {
  return async (request, response) => {
    response.set('Content-Security-Policy', PAGE_POLICY).set('Cache-Control', 'no-store');
    const send = (status: number, page: string) => response.status(status).type('html').send(page);
    const { token, period } = request.query;
    if (token === undefined) return void send(200, howToGetALink(baseUrl(deps.config, request)));
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    if (typeof link === 'string') return void send(403, linkDoesNotWork(link));
    const customer = await findCustomer(deps.pool, link.customer);
    if (!customer) return void send(404, notice('No such customer', 'It is not known any more.'));
    try {
      const asked = typeof period === 'string' ? period : 'current';
      const periodHref = (start: string) => `?token=${token}&period=${encodeURIComponent(start)}`;
      send(200, dashboardPage(await viewOf(deps, customer, asked, periodHref)));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      if (error.code === 'period_not_found' && period === undefined)
        return void send(200, noPeriodYet(customer.name ?? customer.customer));
      if (error.code !== 'period_not_found' && error.code !== 'invalid_request') throw error;
      send(404, notice('There is no such period', error.message));
    }
  };
}

async function viewOf(
  deps: DashboardDeps,
  customer: Customer,
  asked: string,
  periodHref: DashboardView['periodHref'],
): Promise<DashboardView> {
  const { pool, catalog, clocks } = deps;
  const period = await requirePeriod(pool, customer.customer, asked);
  const isOnTestClock = customer.testClock !== null;
  const now = customer.testClock === null ? new Date() : await clocks.now(customer.testClock);
  // Report and page have one "now".
  const report = await usageReport({ ...deps, clocks: { now: async () => now } }, customer, period);
  const periods = await listBillingPeriods(pool, customer.customer, PERIODS_MAX);
  const planName = (id: string) => catalog.plans.find((plan) => plan.id === id)?.name ?? id;
  return {
    customerName: customer.name ?? customer.customer,
    planName: planName(report.plan),
    now,
    isOnTestClock,
    isEnded: now >= period.end,
    report,
    invoices: periods.flatMap((each) => invoiceOf(each, catalog.currency)),
    upgradeName: report.access.upgrade && planName(report.access.upgrade),
    periodHref,
  };
}

/** Where the reader reaches this API: as configured, else as this request did. */
export function baseUrl({ PUBLIC_URL }: ApiConfig, request: Request): string {
  return (PUBLIC_URL ?? `${request.protocol}://${request.get('host')}`).replace(/\/+$/, '');
}
