/**
 * POST …/portal-link, which leads to the customer's own page with what may be done there, or to GET
 * /billing-portal and from there to Stripe’s portal, whose own links are short. What is done there
 * costs money, so a link that shows the page leads nowhere here.
 */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type Stripe from 'stripe';
import { DomainError } from '../../core/errors';
import { PORTAL_FLOWS } from '../../core/subscription/rights';
import type { Right } from '../../core/subscription/rights';
import { linkDoesNotWork } from '../../dashboard/notices';
import { findCustomer } from '../../db/customers';
import { baseUrl, portalLinkRequestSchema, inSeconds } from '../../links/link-request';
import {
  createDashboardLinks,
  createManageLinks,
  createPortalLinks,
} from '../../links/signed-link';
import type { SignedLink, SignedLinks } from '../../links/signed-link';
import { openPortalSession } from '../../stripe/portal-session';
import type { ApiConfig } from '../deps';
import { parseRequest } from '../http/parse-request';
import { createOpenings } from '../limits/openings';
import { asStripeProblem } from '../http/stripe-problem';
import { customerIdOf } from '../customer-id';
import { requireCustomer } from './customer-period';

/** Whoever comes back from the portal sees the page for so long. */
const PAGE_SECONDS = 3600;

export interface BillingPortalDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly config: ApiConfig;
  readonly log: Pick<Logger, 'warn'>;
}

export function billingPortalRoutes(deps: BillingPortalDeps, admin: RequestHandler): Router {
  const { pool, config } = deps;
  const links = createPortalLinks(config);
  const router = Router();
  router.post('/v1/customers/:customer/portal-link', admin, async (request, response: Response) => {
    const body = parseRequest(portalLinkRequestSchema, request.body ?? {}, 'The body');
    const { customer, stripeCustomerId } = await requireCustomer(pool, customerIdOf(request));
    const link = { subject: customer, expiresAt: inSeconds(body.expiresInSeconds) };
    const base = baseUrl(config, request);
    const answer = (path: string) => {
      response.status(201).json({ url: base + path, expiresAt: link.expiresAt.toISOString() });
    };
    if (body.allow) return answer(pathWithRights(config, link, body.allow));
    if (stripeCustomerId === null) throw notAtStripe(customer);
    const flow = body.flow === undefined ? '' : `&flow=${body.flow}`;
    answer(`/billing-portal?token=${links.sign(link)}${flow}`);
  });
  router.get('/billing-portal', openPortal(deps, links));
  return router;
}

/**
 * What shows the page is in the query. What changes something is behind the #, which browsers send
 * to nobody: it is in no log, and no server is told of it as the page one comes from.
 */
function pathWithRights(config: ApiConfig, link: SignedLink, rights: readonly Right[]): string {
  const pageToken = createDashboardLinks(config).sign(link);
  const manageToken = createManageLinks(config).sign({ ...link, rights });
  return `/dashboard?token=${pageToken}#manage=${manageToken}`;
}

function openPortal({ pool, stripe, config, log }: BillingPortalDeps, links: SignedLinks) {
  const pages = createDashboardLinks(config);
  const mayOpen = createOpenings();
  const handler: RequestHandler = async (request, response) => {
    const { token } = request.query;
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    response.set('Referrer-Policy', 'no-referrer');
    if (typeof link === 'object' && !mayOpen(link.subject, response)) return;
    const customer = typeof link === 'object' ? await findCustomer(pool, link.subject) : undefined;
    if (!customer?.stripeCustomerId) {
      const fault = typeof link === 'string' ? link : 'invalid';
      response.status(403).type('html').send(linkDoesNotWork(fault));
      return;
    }
    const subject = customer.customer;
    const pageToken = pages.sign({ subject, expiresAt: inSeconds(PAGE_SECONDS) });
    const publicUrl = config.PUBLIC_URL?.replace(/\/+$/, '');
    const returnTo = publicUrl !== undefined && `${publicUrl}/dashboard?token=${pageToken}`;
    const { stripeCustomerId, subscriptionId } = customer;
    const flow = PORTAL_FLOWS.find((name) => name === request.query.flow);
    const { url, refusal } = await openPortalSession(stripe, {
      ...{ stripeCustomerId, subscriptionId, flow },
      ...(returnTo !== false && { returnTo }),
    }).catch((error: unknown) => {
      throw asStripeProblem(`The portal of customer ${subject}`, error);
    });
    if (refusal !== undefined)
      log.warn({ customer: subject, flow, refusal }, 'the portal of Stripe was opened as a whole');
    response.redirect(303, url);
  };
  return handler;
}

const notAtStripe = (customer: string): DomainError =>
  new DomainError(
    'customer_not_payable',
    `Customer ${customer} is not at Stripe yet: repeat PUT /v1/customers/` +
      `${encodeURIComponent(customer)}, then this request.`,
  );
