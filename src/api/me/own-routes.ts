/**
 * What an app's components ask by a customer's token (tollkeeper/react): usage, plans and their
 * prices, a change of plan, Stripe's page, and invoices. Whoever has the token is that customer.
 */
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { DomainError } from '../../core/errors';
import { createCustomerTokens } from '../../links/signed-link';
import { requireCustomer } from '../customers/customer-period';
import type { StreamPage } from '../dashboard/dashboard-stream';
import { dashboardView } from '../dashboard/dashboard-view';
import { periodQuerySchema } from '../customers/customer-period';
import { holderOf } from '../self-service/holder';
import { leaveForCheckout } from '../self-service/own-checkout';
import { pageAnswers } from '../self-service/page-answers';
import { createPageCounter } from '../self-service/page-counter';
import type { SelfServiceDeps } from '../self-service/self-service-deps';
import { allowOrigins, createOriginList } from './browser-origins';
import { purchaseSchema } from './own-schema';

export interface OwnDeps extends SelfServiceDeps {
  readonly streamPage: StreamPage;
}

export function ownRoutes(deps: OwnDeps, parseBody: RequestHandler): Router {
  const tokens = createCustomerTokens(deps.config);
  const isAllowed = createOriginList(deps.config.BROWSER_ORIGINS);
  const counter = createPageCounter(deps, parseBody, tokens);
  const answers = pageAnswers(deps, counter);
  const router = Router();
  router.use('/v1/me', allowOrigins(isAllowed));
  router.get(
    '/v1/me/usage',
    counter.look(undefined, periodQuerySchema, async ({ customer, input }) =>
      dashboardView(deps, await requireCustomer(deps.pool, customer), input.period),
    ),
  );
  router.get('/v1/me/events', async (request: Request, response: Response) => {
    const { customer, expiresAt } = holderOf(tokens, request);
    await deps.streamPage(request, response, { page: { customer, period: undefined }, expiresAt });
  });
  router.get('/v1/me/plan', counter.standing);
  router.post('/v1/me/plan-price', answers.planPrice);
  router.post('/v1/me/plan', answers.changePlan);
  router.post(
    '/v1/me/checkout',
    counter.leave(purchaseSchema, ({ holder, input: { plan, returnUrl } }, pageKey) => {
      assertOwnPage(isAllowed, returnUrl);
      const waysBack = { successUrl: returnUrl, cancelUrl: returnUrl };
      return leaveForCheckout(deps, { holder, plan, pageKey }, waysBack);
    }),
  );
  router.get('/v1/me/invoices', answers.invoices);
  return router;
}

/** Stripe's page would lead there whoever had the token put in, as if we had said so. */
function assertOwnPage(isAllowed: (origin: string) => boolean, returnUrl: string): void {
  const { origin } = new URL(returnUrl);
  if (isAllowed(origin)) return;
  throw new DomainError(
    'invalid_request',
    `returnUrl is of ${origin}: expected a page of an origin that BROWSER_ORIGINS names.`,
  );
}
