/** Changing a subscription: plan, end, pause, grants, exceptions, and the pausing of dunning. */
import { Router } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { findPlan } from '../core/catalog';
import { DomainError } from '../core/errors';
import { EXCEPTION_KINDS, RESOLUTIONS } from '../core/exceptions';
import { isoSecond } from '../core/period';
import { assertSameOwner, defaultChangeTime } from '../core/plan-change';
import type { SubscriptionChange } from '../core/plan-change';
import type { Customer } from '../db/customers';
import { TOKENS_PER_COUNT_MAX } from '../core/usage';
import type { BillingUpdates } from './billing-updates';
import { requireCustomer } from './customer-period';
import { customerView } from './customers';
import { parseRequest } from './parse-request';
import { planPreview } from './plan-preview';
import type { PreviewDeps } from './plan-preview';

const when = z.enum(['now', 'period_end']);
const reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .meta({ description: 'Why; it is kept in the audit trail', example: 'agreed with support' });

export const planChangeRequestSchema = z
  .strictObject({
    plan: z.string().min(1).meta({ description: 'A plan of the catalog', example: 'pro' }),
    when: when.optional().meta({
      description: 'Left out: a plan that costs as much or more now, a cheaper one at period end',
    }),
    preview: z.boolean().default(false).meta({ description: 'Price it only' }),
  })
  .meta({ id: 'PlanChangeRequest' });

export const planChangeSchema = z
  .object({
    preview: z.literal(false),
    plan: z.string().meta({ description: 'The new plan' }),
    when,
    effectiveFrom: z.iso.datetime().meta({ description: "The new plan's terms hold from here on" }),
  })
  .meta({ id: 'PlanChange' });

export const subscriptionActionSchema = z
  .discriminatedUnion('action', [
    z.strictObject({ action: z.literal('cancel'), when: when.default('period_end') }),
    z.strictObject({ action: z.literal('resume') }),
    z.strictObject({
      action: z.literal('pause'),
      behavior: z
        .enum(['keep_as_draft', 'mark_uncollectible', 'void'])
        .default('keep_as_draft')
        .meta({ description: 'What becomes of invoices meanwhile' }),
      resumesAt: z.iso
        .datetime({ offset: true })
        .nullable()
        .default(null)
        .meta({ description: 'null: until it is resumed' }),
    }),
    z.strictObject({ action: z.literal('end_trial') }),
  ])
  .meta({ id: 'SubscriptionAction' });

export const cancelQuerySchema = z.strictObject({
  when: when.default('now').meta({ description: 'When the subscription ends' }),
});

export const grantRequestSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9._:-]{1,100}$/, 'expected 1 to 100 letters, digits or . _ : -')
      .meta({
        description: 'Your own id: the same grant again is the same grant',
        example: 'goodwill-7',
      }),
    tokens: z.number().int().min(1).max(TOKENS_PER_COUNT_MAX).meta({
      description: 'How many tokens are given',
      example: 50_000,
    }),
    expiresAt: z.iso.datetime({ offset: true }).nullable().default(null).meta({
      description: 'From then on none of it is used; null: never',
    }),
    reason,
  })
  .meta({ id: 'GrantRequest' });

export const grantSchema = z
  .object({
    id: z.string(),
    tokens: z.number().int(),
    usableFrom: z.iso.datetime().meta({ description: 'Usage from here on may use it' }),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Grant' });

export const resolutionRequestSchema = z
  .strictObject({
    exception: z.enum(EXCEPTION_KINDS).meta({
      description: 'Its kind',
      example: 'invoice_differs',
    }),
    subject: z
      .string()
      .min(1)
      .meta({ description: 'As the exception names it: an invoice, a rate', example: 'in_1' }),
    resolution: z.enum(RESOLUTIONS).meta({ description: 'What to do', example: 'correct' }),
    reason,
  })
  .meta({ id: 'ResolutionRequest' });

export const dunningPauseRequestSchema = z
  .strictObject({
    invoice: z.string().min(1).meta({ description: "Stripe's id", example: 'in_1' }),
    until: z.iso.datetime({ offset: true }).nullable().meta({
      description: 'null: until another request; in the past: go on at once',
    }),
    reason,
  })
  .meta({ id: 'DunningPauseRequest' });

export const acceptedSchema = z.object({ accepted: z.literal(true) }).meta({ id: 'Accepted' });

export const idempotencyKeySchema = z.string().regex(/^[\x21-\x7e]{1,200}$/);

export interface ChangeDeps extends PreviewDeps {
  readonly updates: BillingUpdates;
}

export function subscriptionChangeRoutes(deps: ChangeDeps, admin: RequestHandler): Router {
  const { pool, catalog, updates } = deps;
  const router = Router();
  const path = '/v1/customers/:customer';
  const customerOf = (request: Request) => requireSubscribed(deps, String(request.params.customer));

  router.post(`${path}/plan`, admin, async (request, response: Response) => {
    const customer = await customerOf(request);
    const body = parseRequest(planChangeRequestSchema, request.body, 'The body');
    const planId = findPlan(catalog, body.plan).id;
    assertSameOwner(catalog, customer.plan, planId);
    const change = { planId, when: body.when ?? defaultChangeTime(catalog, customer.plan, planId) };
    if (body.preview) {
      response.json(await planPreview(deps, customer, change));
      return;
    }
    const changed = await updates.changePlan(customer.customer, change, requestKey(request));
    response.json({
      preview: false,
      plan: planId,
      when: changed.when,
      effectiveFrom: isoSecond(changed.from),
    });
  });

  const changing = async (
    request: Request,
    response: Response,
    change: SubscriptionChange,
  ): Promise<void> => {
    const { customer } = await customerOf(request);
    await updates.changeSubscription(customer, change, requestKey(request));
    response.json(customerView(catalog, await requireCustomer(pool, customer)));
  };

  router.delete(`${path}/subscription`, admin, async (request, response: Response) => {
    const query = parseRequest(cancelQuerySchema, request.query, 'The query');
    await changing(request, response, { action: 'cancel', ...query });
  });

  router.post(`${path}/subscription`, admin, async (request, response: Response) => {
    const asked = parseRequest(subscriptionActionSchema, request.body, 'The body');
    const change =
      asked.action === 'pause' ? { ...asked, resumesAt: seconds(asked.resumesAt) } : asked;
    await changing(request, response, change);
  });

  router.post(`${path}/grants`, admin, async (request, response: Response) => {
    const { customer } = await customerOf(request);
    const body = parseRequest(grantRequestSchema, request.body, 'The body');
    const grant = { ...body, expiresAt: seconds(body.expiresAt) };
    const granted = await updates.grantTokens(customer, grant, `grant:${body.id}`);
    response.status(201).json({
      id: granted.id,
      tokens: granted.tokens,
      usableFrom: isoSecond(granted.since),
      expiresAt: granted.expiresAt === null ? null : isoSecond(granted.expiresAt),
    });
  });

  router.post(`${path}/exceptions/resolve`, admin, async (request, response: Response) => {
    const { customer } = await customerOf(request);
    const body = parseRequest(resolutionRequestSchema, request.body, 'The body');
    const { exception, subject, resolution: kind } = body;
    const decision = { exception, subject, kind, reason: body.reason, by: 'api' };
    await updates.resolveException(customer, decision, requestKey(request));
    response.status(202).json({ accepted: true });
  });

  router.post(`${path}/dunning/pause`, admin, async (request, response: Response) => {
    const { customer } = await customerOf(request);
    const body = parseRequest(dunningPauseRequestSchema, request.body, 'The body');
    const until = body.until === null ? null : new Date(body.until).getTime();
    const pause = { until, reason: body.reason };
    await updates.pauseDunning(customer, body.invoice, pause, requestKey(request));
    response.status(202).json({ accepted: true });
  });
  return router;
}

/** Repeating a request under its key is safe; without one each is a new request. */
function requestKey(request: Request): string | undefined {
  const key = request.header('idempotency-key');
  if (key === undefined) return undefined;
  if (idempotencyKeySchema.safeParse(key).success) return `key:${key}`;
  throw new DomainError(
    'invalid_request',
    'The Idempotency-Key is not 1 to 200 visible ASCII characters: send such as a UUID.',
  );
}

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

const seconds = (time: string | null): number | null =>
  time === null ? null : Math.floor(new Date(time).getTime() / 1000);
