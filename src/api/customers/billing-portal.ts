/** GET /billing-portal: from the link in an e-mail to Stripe’s portal, whose links are short. */
import { Router } from 'express';
import type { Response } from 'express';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { linkDoesNotWork } from '../../dashboard/notices';
import { findCustomer } from '../../db/customers';
import { createDashboardLinks } from '../../links/signed-link';
import type { ApiConfig } from '../deps';

export interface BillingPortalDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly config: ApiConfig;
}

export function billingPortalRoutes({ pool, stripe, config }: BillingPortalDeps): Router {
  const links = createDashboardLinks(config);
  const router = Router();
  router.get('/billing-portal', async (request, response: Response) => {
    const { token } = request.query;
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    const customer = typeof link === 'object' ? await findCustomer(pool, link.subject) : undefined;
    response.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    if (!customer?.stripeCustomerId) {
      const fault = typeof link === 'string' ? link : 'invalid';
      response.status(403).type('html').send(linkDoesNotWork(fault));
      return;
    }
    const publicUrl = config.PUBLIC_URL?.replace(/\/+$/, '');
    const session = await stripe.billingPortal.sessions.create({
      customer: customer.stripeCustomerId,
      ...(publicUrl !== undefined && {
        return_url: `${publicUrl}/dashboard?token=${String(token)}`,
      }),
    });
    response.redirect(303, session.url);
  });
  return router;
}
