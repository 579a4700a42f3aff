/**
 * POST …/portal-link, and GET /billing-portal behind such a link: from there to Stripe’s portal,
 * whose own links are short. What is done there costs money, so a page's link leads nowhere here.
 */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { DomainError } from '../../core/errors';
import { linkDoesNotWork } from '../../dashboard/notices';
import { findCustomer } from '../../db/customers';
import { baseUrl, portalLinkRequestSchema } from '../../links/link-request';
import { createDashboardLinks, createPortalLinks } from '../../links/signed-link';
import type { SignedLinks } from '../../links/signed-link';
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
}

export function billingPortalRoutes(deps: BillingPortalDeps, admin: RequestHandler): Router {
  const { pool, config } = deps;
  const links = createPortalLinks(config);
  const router = Router();
  router.post('/v1/customers/:customer/portal-link', admin, async (request, response: Response) => {
    const body = parseRequest(portalLinkRequestSchema, request.body ?? {}, 'The body');
    const { customer, stripeCustomerId } = await requireCustomer(pool, customerIdOf(request));
    if (stripeCustomerId === null) throw notAtStripe(customer);
    const expiresAt = inSeconds(body.expiresInSeconds);
    const token = links.sign({ subject: customer, expiresAt });
    const url = `${baseUrl(config, request)}/billing-portal?token=${token}`;
    response.status(201).json({ url, expiresAt: expiresAt.toISOString() });
  });
  router.get('/billing-portal', openPortal(deps, links));
  return router;
}

function openPortal({ pool, stripe, config }: BillingPortalDeps, links: SignedLinks) {
  const pages = createDashboardLinks(config);
  const mayOpen = createOpenings();
  const handler: RequestHandler = async (request, response) => {
    const { token } = request.query;
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    const customer = typeof link === 'object' ? await findCustomer(pool, link.subject) : undefined;
    response.set('Referrer-Policy', 'no-referrer');
    if (!customer?.stripeCustomerId) {
      const fault = typeof link === 'string' ? link : 'invalid';
      response.status(403).type('html').send(linkDoesNotWork(fault));
      return;
    }
    const subject = customer.customer;
    if (!mayOpen(subject, response)) return;
    const pageToken = pages.sign({ subject, expiresAt: inSeconds(PAGE_SECONDS) });
    const publicUrl = config.PUBLIC_URL?.replace(/\/+$/, '');
    const returnTo = publicUrl !== undefined && `${publicUrl}/dashboard?token=${pageToken}`;
    const session = await stripe.billingPortal.sessions
      .create({
        customer: customer.stripeCustomerId,
        ...(returnTo !== false && { return_url: returnTo }),
      })
      .catch((error: unknown) => {
        throw asStripeProblem(`The portal of customer ${subject}`, error);
      });
    response.redirect(303, session.url);
  };
  return handler;
}

const inSeconds = (seconds: number): Date =>
  new Date((Math.floor(Date.now() / 1000) + seconds) * 1000);

const notAtStripe = (customer: string): DomainError =>
  new DomainError(
    'customer_not_payable',
    `Customer ${customer} is not at Stripe yet: repeat PUT /v1/customers/` +
      `${encodeURIComponent(customer)}, then this request.`,
  );
