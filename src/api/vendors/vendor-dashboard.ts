/** The vendor's page: POST …/dashboard-link, and GET /vendor-dashboard behind such a link. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import { howToGetALink, linkDoesNotWork, notice } from '../../dashboard/notices';
import { vendorPage } from '../../dashboard/vendor-page';
import type { VendorDashboardView } from '../../dashboard/vendor-view';
import { DomainError } from '../../core/errors';
import type { ApiConfig } from '../deps';
import { setPagePolicy } from '../http/page-policy';
import { parseRequest } from '../http/parse-request';
import { createSignedLinks } from '../../links/signed-link';
import type { SignedLinks } from '../../links/signed-link';
import { vendorIdOf } from './vendor-id';
import { requireSeller } from './seller';
import type { SellerDeps } from './seller';
import { readStatement } from './vendor-payouts';
import { baseUrl, dashboardLinkRequestSchema, inSeconds } from '../../links/link-request';

/** Another one than a customer's: neither link opens the other's page. */
const PURPOSE = 'tollkeeper vendor dashboard link v1';
const PATH = '/vendor-dashboard';

export interface VendorDashboardDeps extends SellerDeps {
  readonly config: ApiConfig;
}

export function vendorDashboardRoutes(deps: VendorDashboardDeps, admin: RequestHandler): Router {
  const links = createSignedLinks(deps.config, PURPOSE);
  // Strict: below /vendor-dashboard/ the page's relative addresses would lead elsewhere.
  const router = Router({ strict: true });
  router.post('/v1/vendors/:vendor/dashboard-link', admin, async (request, response: Response) => {
    const body = parseRequest(dashboardLinkRequestSchema, request.body ?? {}, 'The body');
    const { vendor } = await requireSeller(deps, vendorIdOf(request));
    const expiresAt = inSeconds(body.expiresInSeconds);
    const token = links.sign({ subject: vendor, expiresAt });
    const url = `${baseUrl(deps.config, request)}${PATH}?token=${token}`;
    response.status(201).json({ url, expiresAt: expiresAt.toISOString() });
  });
  router.get(PATH, showPage(deps, links));
  return router;
}

function showPage(deps: VendorDashboardDeps, links: SignedLinks): RequestHandler {
  return async (request, response) => {
    setPagePolicy(response, deps.config);
    const send = (status: number, page: string) => response.status(status).type('html').send(page);
    const { token } = request.query;
    if (token === undefined)
      return void send(200, howToGetALink(baseUrl(deps.config, request), 'vendor'));
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    if (typeof link === 'string') return void send(403, linkDoesNotWork(link));
    try {
      send(200, vendorPage(await viewOf(deps, link.subject)));
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'vendor_not_found') throw error;
      send(404, notice('No such vendor', 'It is not known any more.'));
    }
  };
}

async function viewOf(deps: VendorDashboardDeps, id: string): Promise<VendorDashboardView> {
  const { vendor, name, account } = await requireSeller(deps, id);
  const terms = deps.catalog.vendors.find((one) => one.id === vendor);
  return {
    vendorName: name,
    currency: deps.catalog.currency,
    feePercent: terms?.feePercent ?? null,
    minimumPayoutCents: terms?.minimumPayoutCents ?? 0,
    account,
    statement: await readStatement(deps.pool, vendor),
    now: new Date(),
  };
}
