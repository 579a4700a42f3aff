/**
 * POST /v1/customers/{customer}/checkout: Stripe's own page, in which a customer subscribes or
 * leaves a card. Who pays there begins by the subscription that Checkout makes; until then they are
 * `pending`.
 */
import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import type Stripe from 'stripe';
import { findPlan } from '../../core/plans/catalog';
import { DomainError, invariant } from '../../core/errors';
import { createCheckoutKey } from '../../core/ids';
import { appendAuditEntry } from '../../db/audit-entries';
import { findCustomer } from '../../db/customers';
import type { Customer } from '../../db/customers';
import { setPurchase } from '../../db/customers-write';
import { expireSession, openCardSetup, openSale, openSessions } from '../../stripe/checkout';
import type { CheckoutRequest } from '../../stripe/checkout';
import { describeStripeCustomer } from '../../stripe/customer-setup';
import { customerIdOf } from '../customer-id';
import { answerOnce } from '../http/idempotency';
import { parseRequest } from '../http/parse-request';
import { asStripeProblem } from '../http/stripe-problem';
import { checkoutRequestSchema } from './checkout-schema';
import type { CheckoutBody } from './checkout-schema';
import {
  asDeleted,
  atStripe,
  recordCustomer,
} from '../customers/provisioning/customer-provisioning';
import type { ProvisioningDeps } from '../customers/provisioning/provisioning-deps';
import { takeUpCheckout } from './take-up-checkout';
import { vendorTerms } from '../customers/vendor-terms';

export function checkoutRoutes(deps: ProvisioningDeps, admin: RequestHandler): Router {
  const router = Router();
  router.post('/v1/customers/:customer/checkout', admin, async (request, response: Response) => {
    const id = customerIdOf(request);
    const body = parseRequest(checkoutRequestSchema, request.body, 'The body');
    const answer = await answerOnce(deps.pool, request, body, async (key) => {
      const session = await openCheckout(deps, id, body, key ?? randomUUID());
      return { status: 201, body: shown(session) };
    });
    response.status(answer.status).json(answer.body);
  });
  return router;
}

const shown = ({ id, url, expires_at: expiresAt }: Stripe.Checkout.Session) => ({
  ...{ id, url },
  expiresAt: new Date(expiresAt * 1000).toISOString(),
});

/** `key`: the same one finds the session that it made. */
export async function openCheckout(
  deps: ProvisioningDeps,
  id: string,
  body: CheckoutBody,
  key: string,
): Promise<Stripe.Checkout.Session> {
  try {
    const customer = (await findCustomer(deps.pool, id)) ?? (await makeCustomer(deps, id, body));
    // They may have paid a moment ago, and nobody has told us.
    const row = await takeUpCheckout(deps, customer);
    const stripeCustomerId = await atStripe(deps, row);
    // Checkout asks for an address where Stripe has none.
    if (row.email !== '') await describeStripeCustomer(deps.stripe, stripeCustomerId, row);
    const request: CheckoutRequest = {
      ...{ customer: id, stripeCustomerId, successUrl: body.successUrl, cancelUrl: body.cancelUrl },
      idempotencyKey: createCheckoutKey(id, key),
    };
    const olderIds = await openSessions(deps.stripe, stripeCustomerId);
    const session =
      row.subscriptionId === null || row.billingStatus === 'ended'
        ? await sell(deps, row, body, request)
        : await askForCard(deps, row, body, request);
    // A repeated request finds its own.
    for (const older of olderIds.filter((one) => one !== session.id))
      await expireSession(deps.stripe, older);
    await appendAuditEntry(deps.pool, {
      customer: id,
      key: `checkout:${session.id}:opened`,
      kind: 'checkout_opened',
      detail: { session: session.id, mode: session.mode, plan: session.metadata?.tollkeeper_plan },
    });
    return session;
  } catch (error) {
    throw asDeleted(id, error) ?? asStripeProblem(`The checkout of customer ${id}`, error);
  }
}

async function makeCustomer(
  deps: ProvisioningDeps,
  id: string,
  { email = '', name, plan, testClock }: CheckoutBody,
): Promise<Customer> {
  await recordCustomer(
    deps,
    id,
    {
      email,
      ...(name !== undefined && { name }),
      ...(plan && { plan }),
      ...(testClock !== undefined && { testClock }),
    },
    { awaitsCheckout: true },
  );
  const row = await findCustomer(deps.pool, id);
  invariant(row, `Customer ${id} vanished while they were made.`);
  return row;
}

/** What a customer who has left buys follows what they had, once the workflow hears of it. */
async function sell(
  { pool, stripe, catalog }: ProvisioningDeps,
  { customer }: Customer,
  body: CheckoutBody,
  request: CheckoutRequest,
): Promise<Stripe.Checkout.Session> {
  const { promotionCodes = false } = body;
  const trialDays = body.trialDays ?? null;
  const plan = findPlan(catalog, body.plan ?? catalog.defaultPlan).id;
  const vendor = await vendorTerms(pool, catalog, plan);
  await setPurchase(pool, customer, { plan, trialDays, awaitsCheckout: true });
  return openSale(stripe, catalog, request, { plan, trialDays, promotionCodes, vendor });
}

/** Another plan is another request's to change: here nothing would say what it costs. */
async function askForCard(
  { stripe, catalog }: ProvisioningDeps,
  { customer, plan }: Customer,
  body: CheckoutBody,
  request: CheckoutRequest,
): Promise<Stripe.Checkout.Session> {
  const path = `/v1/customers/${encodeURIComponent(customer)}`;
  if (body.plan && body.plan !== plan)
    throw new DomainError(
      'customer_conflict',
      `Customer ${customer} is subscribed to ${plan}, and the request says ${body.plan}. Leave plan ` +
        `out to ask for a card; POST ${path}/plan changes the plan, and tells what it costs.`,
      { plan },
    );
  if (body.trialDays !== undefined)
    throw new DomainError(
      'customer_conflict',
      `Customer ${customer} has a subscription: a trial begins with it. Leave trialDays out.`,
    );
  return openCardSetup(stripe, catalog, request);
}
