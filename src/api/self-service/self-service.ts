/**
 * What the customer's page asks for where its link lets them change something: POST …/portal-link
 * with `allow` makes such a link. The routes are the page's own, and take nothing but its token.
 */
import { Router } from 'express';
import type { RequestHandler } from 'express';
import { z } from 'zod';
import { change, goOn, resumptionSchema } from './own-changes';
import { checkoutOrderSchema, ownCheckout } from './own-checkout';
import { pageAnswers } from './page-answers';
import { createPageCounter } from './page-counter';
import type { SelfServiceDeps } from './self-service-deps';

const nothing = z.strictObject({});

export function selfServiceRoutes(deps: SelfServiceDeps, parseBody: RequestHandler): Router {
  const router = Router({ strict: true });
  const counter = createPageCounter(deps, parseBody);
  const answers = pageAnswers(deps, counter);
  router.get('/dashboard/standing', counter.standing);
  router.get('/dashboard/invoices', answers.invoices);
  router.post('/dashboard/plan-price', answers.planPrice);
  router.post('/dashboard/plan', answers.changePlan);
  router.post(
    '/dashboard/resumption',
    counter.change('plan', resumptionSchema, ({ customer, input }, key) =>
      goOn(deps, customer, input, key),
    ),
  );
  router.post(
    '/dashboard/cancellation',
    counter.change('cancel', nothing, ({ customer }, key) =>
      change(deps, customer, { action: 'cancel', when: 'period_end' }, key),
    ),
  );
  router.delete(
    '/dashboard/cancellation',
    counter.change('cancel', nothing, ({ customer }, key) =>
      change(deps, customer, { action: 'keep' }, key),
    ),
  );
  router.post('/dashboard/checkout', counter.leave(checkoutOrderSchema, ownCheckout(deps)));
  return router;
}
