/**
 * GET /vendor-onboarding: a vendor's browser, sent by Stripe because its link was used or too old,
 * is sent on to a fresh one; and where it arrives when it is done.
 */
import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import { linkDoesNotWork, notice } from '../../dashboard/notices';
import { findVendor } from '../../db/vendors';
import type { ConnectedAccounts } from '../../stripe/connected-accounts';
import type { ApiConfig } from '../deps';
import { createOpenings } from '../limits/openings';
import { createSignedLinks, LINK_SECONDS_MAX } from '../../links/signed-link';
import { baseUrl } from '../../links/link-request';

const PURPOSE = 'tollkeeper vendor onboarding v1';
const PATH = '/vendor-onboarding';

export interface OnboardingDeps {
  readonly pool: Pool;
  readonly accounts: ConnectedAccounts;
  readonly config: ApiConfig;
}

/** Stripe's form leads `back` when it is left; `refresh` leads to a fresh form. */
export function onboardingUrls(
  config: ApiConfig,
  vendor: string,
  request: Request,
): { back: string; refresh: string } {
  const expiresAt = new Date(Date.now() + LINK_SECONDS_MAX * 1000);
  const token = createSignedLinks(config, PURPOSE).sign({ subject: vendor, expiresAt });
  const base = baseUrl(config, request) + PATH;
  return { back: `${base}/done`, refresh: `${base}?token=${token}` };
}

/** Only browsers that have a link of ours get in. */
export function vendorOnboardingRoutes({ pool, accounts, config }: OnboardingDeps): Router {
  const links = createSignedLinks(config, PURPOSE);
  const mayOpen = createOpenings();
  const router = Router();
  router.get(PATH, async (request, response: Response) => {
    const { token } = request.query;
    const link = typeof token === 'string' ? links.verify(token, new Date()) : 'invalid';
    response.set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    if (typeof link === 'object' && !mayOpen(link.subject, response)) return;
    const vendor = typeof link === 'object' ? await findVendor(pool, link.subject) : undefined;
    if (!vendor?.stripeAccountId || vendor.deauthorizedAt !== null) {
      const fault = typeof link === 'string' ? link : 'invalid';
      response.status(403).type('html').send(linkDoesNotWork(fault));
      return;
    }
    const urls = onboardingUrls(config, vendor.vendor, request);
    response.redirect(303, await accounts.onboardingLink(vendor.stripeAccountId, urls));
  });
  router.get(`${PATH}/done`, (_request, response: Response) => {
    const text =
      'Stripe checks what you have told it, which may take a while, and asks by e-mail should it ' +
      'need more. You can close this page.';
    response.type('html').send(notice('Thank you', text));
  });
  return router;
}
