/** Changing a subscription: plan, end, pause, grants, exceptions, and the pausing of dunning. */
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { findPlan } from '../../core/plans/catalog';
import { DomainError } from '../../core/errors';
import { isoSecond } from '../../core/period';
import {
  assertNotLeaving,
  assertSameOwner,
  defaultChangeTime,
} from '../../core/subscription/plan-change';
import type { SubscriptionChange } from '../../core/subscription/plan-change';
import type { Customer } from '../../db/customers';
import type { KeptAnswer } from '../../db/idempotency-keys';
import { versionOf } from '../../stripe/catalog-version';
import type { BillingUpdates } from '../../temporal/billing-updates';
import { customerIdOf } from '../customer-id';
import { requireCustomer } from './customer-period';
import { customerView } from './customers';
import { answerOnce, keyOf } from '../http/idempotency';
import { grantRequestSchema } from './grant-body';
import { parseRequest } from '../http/parse-request';
import { planChangeRequestSchema } from './plan-change-schema';
import { planPreview } from './plan-preview';
import type { PreviewDeps } from './plan-preview';
import type { TokenGrant } from '../../core/state/remembered';
import {
  subscriptionActionSchema,
  cancelQuerySchema,
  resolutionRequestSchema,
  dunningPauseRequestSchema,
} from './subscription-change-schema';

const ACCEPTED: KeptAnswer = { status: 202, body: { accepted: true } };

export interface ChangeDeps extends PreviewDeps {
  readonly updates: BillingUpdates;
}

/** What the routes share: where they stand, whom they let in, and how they answer once. */
interface Counter extends ChangeDeps {
  readonly router: Router;
  readonly admin: RequestHandler;
}

type Act = (key: string | undefined) => Promise<KeptAnswer>;

const PATH = '/v1/customers/:customer';

export function subscriptionChangeRoutes(deps: ChangeDeps, admin: RequestHandler): Router {
  const router = Router();
  const counter: Counter = { ...deps, router, admin };
  planRoute(counter);
  subscriptionRoutes(counter);
  grantRoute(counter);
  exceptionRoute(counter);
  dunningRoute(counter);
  return router;
}

const customerOf = (counter: Counter, request: Request) =>
  requireSubscribed(counter, customerIdOf(request));

async function once(
  { pool }: Counter,
  request: Request,
  response: Response,
  { asked, act }: { asked: unknown; act: Act },
): Promise<void> {
  const { status, body } = await answerOnce(pool, request, asked, act);
  response.status(status).json(body);
}

function planRoute(counter: Counter): void {
  const { router, admin, catalog, updates } = counter;
  router.post(`${PATH}/plan`, admin, async (request, response: Response) => {
    const body = parseRequest(planChangeRequestSchema, request.body, 'The body');
    const planId = findPlan(catalog, body.plan).id;
    const asking = async () => {
      const customer = await customerOf(counter, request);
      assertSameOwner(catalog, customer.plan, planId);
      const changeTime = body.when ?? defaultChangeTime(catalog, customer.plan, planId);
      const resume = body.resume && { resume: true };
      assertNotLeaving(seconds(customer.cancelAt), body.resume);
      const catalogTerms = body.version === 'current' ? { catalogVersion: versionOf(catalog) } : {};
      return { customer, change: { planId, when: changeTime, ...catalogTerms, ...resume } };
    };
    if (body.preview) {
      // Nothing is done that could be done twice: the key only has to be one.
      keyOf(request);
      const { customer, change } = await asking();
      response.json(await planPreview(counter, customer, change));
      return;
    }
    const act: Act = async (key) => {
      const { customer, change } = await asking();
      const { when, from } = await updates.changePlan(customer.customer, change, key);
      const effectiveFrom = isoSecond(from);
      const status = when === 'now' ? 'applied' : 'scheduled';
      return { status: 200, body: { preview: false, status, plan: planId, when, effectiveFrom } };
    };
    await once(counter, request, response, { asked: body, act });
  });
}

function subscriptionRoutes(counter: Counter): void {
  const { router, admin, pool, updates } = counter;
  const changing = (
    request: Request,
    response: Response,
    change: SubscriptionChange,
  ): Promise<void> => {
    const act: Act = async (key) => {
      const { customer } = await customerOf(counter, request);
      await updates.changeSubscription(customer, change, key);
      const view = await customerView(counter, await requireCustomer(pool, customer));
      return { status: 200, body: view };
    };
    return once(counter, request, response, { asked: change, act });
  };

  router.delete(`${PATH}/subscription`, admin, async (request, response: Response) => {
    const query = parseRequest(cancelQuerySchema, request.query, 'The query');
    await changing(request, response, { action: 'cancel', ...query });
  });

  router.post(`${PATH}/subscription`, admin, async (request, response: Response) => {
    const order = parseRequest(subscriptionActionSchema, request.body, 'The body');
    const change =
      order.action === 'pause' ? { ...order, resumesAt: seconds(order.resumesAt) } : order;
    await changing(request, response, change);
  });
}

function grantRoute(counter: Counter): void {
  const { router, admin, updates } = counter;
  router.post(`${PATH}/grants`, admin, async (request, response: Response) => {
    const body = parseRequest(grantRequestSchema, request.body, 'The body');
    const grant = { ...body, expiresAt: seconds(body.expiresAt) };
    const act: Act = async () => {
      const { customer } = await customerOf(counter, request);
      const tokenGrant = await updates.grantTokens(customer, grant, `grant:${grant.id}`);
      return { status: 201, body: grantView(tokenGrant) };
    };
    await once(counter, request, response, { asked: grant, act });
  });
}

function exceptionRoute(counter: Counter): void {
  const { router, admin, updates } = counter;
  router.post(`${PATH}/exceptions/resolve`, admin, async (request, response: Response) => {
    const body = parseRequest(resolutionRequestSchema, request.body, 'The body');
    const { exception, subject, resolution: kind } = body;
    const act: Act = async (key) => {
      const { customer } = await customerOf(counter, request);
      const decision = { exception, subject, kind, reason: body.reason, by: 'api' };
      await updates.resolveException(customer, decision, key);
      return ACCEPTED;
    };
    await once(counter, request, response, { asked: body, act });
  });
}

function dunningRoute(counter: Counter): void {
  const { router, admin, updates } = counter;
  router.post(`${PATH}/dunning/pause`, admin, async (request, response: Response) => {
    const body = parseRequest(dunningPauseRequestSchema, request.body, 'The body');
    const end = body.until === null ? null : new Date(body.until).getTime();
    const act: Act = async (key) => {
      const { customer } = await customerOf(counter, request);
      await updates.pauseDunning(customer, body.invoice, { until: end, reason: body.reason }, key);
      return ACCEPTED;
    };
    await once(counter, request, response, { asked: body, act });
  });
}

const grantView = ({ id, tokens, since, expiresAt }: TokenGrant) => ({
  id,
  tokens,
  usableFrom: isoSecond(since),
  expiresAt: expiresAt === null ? null : isoSecond(expiresAt),
});

export async function requireSubscribed(
  { pool }: Pick<ChangeDeps, 'pool'>,
  id: string,
): Promise<Customer & { readonly subscriptionId: string }> {
  const customer = await requireCustomer(pool, id);
  const { subscriptionId } = customer;
  if (subscriptionId !== null) return { ...customer, subscriptionId };
  throw new DomainError(
    'subscription_not_active',
    `Customer ${id} has no subscription yet: repeat PUT /v1/customers/${encodeURIComponent(id)}.`,
  );
}

const seconds = (time: string | Date | null): number | null =>
  time === null ? null : Math.floor(new Date(time).getTime() / 1000);
