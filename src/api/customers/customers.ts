/** PUT and GET /v1/customers/{customer}: the request's shape, and the customer as it is shown. */
import { Router } from 'express';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { describePlan } from '../../db/catalog-versions';
import type { Customer } from '../../db/customers';
import { customerIdOf } from '../customer-id';
import { createTakeUp } from '../checkout/take-up-checkout';
import { requireCustomer } from './customer-period';
import { provisionCustomer } from './provisioning/customer-provisioning';
import type { ProvisioningDeps } from './provisioning/provisioning-deps';
import { parseRequest } from '../http/parse-request';
import { emailSchema, storableId, storableText } from '../../ingest/storable-text';

export const customerRequestSchema = z
  .strictObject({
    email: emailSchema.meta({
      description: 'Where invoices and notices go',
      example: 'ada@example.com',
    }),
    name: storableText(256).nullable().optional().meta({
      description: 'On invoices; left out: as it is',
    }),
    plan: storableId(200).optional().meta({
      description: "A plan of the catalog; left out: the catalog's default",
      example: 'starter',
    }),
    testClock: storableId(255)
      .regex(/^clock_\w+$/, "expected Stripe's id of a test clock: clock_…")
      .optional()
      .meta({ description: 'A Stripe test clock (test keys only), whose time is then "now"' }),
    trialDays: z.number().int().min(1).max(730).optional().meta({
      description: 'A free trial before the first paid period; only when the customer is made',
    }),
    paymentMethod: z
      .union([z.literal('later'), storableId(255).regex(/^pm_\w+$/)])
      .optional()
      .meta({
        description:
          '`later`: the first payment waits, and `clientSecret` confirms it. `pm_…`: a card, which ' +
          'becomes the default. Left out: with a test key a test card, else what the customer has',
        example: 'later',
      }),
    autoUpgrade: z.boolean().optional().meta({
      description: 'Upgrade to the next plan where the customer would be throttled',
    }),
  })
  .meta({ id: 'CustomerRequest' });

export const customerSchema = z
  .object({
    customer: z.string().meta({ description: 'Your own id' }),
    email: z.string().nullable().meta({ description: 'null: Checkout will ask for it' }),
    name: z.string().nullable(),
    plan: z.string().meta({ description: 'The plan of now, or the one that Checkout sells' }),
    testClock: z.string().nullable().meta({ description: 'null: real time' }),
    stripeCustomerId: z.string().nullable().meta({ description: 'null: not at Stripe yet' }),
    subscriptionId: z.string().nullable().meta({ description: "Stripe's; null: none yet" }),
    features: z.array(z.string()).meta({ description: "The plan's feature flags" }),
    billingStatus: z.string().meta({
      description: 'pending, incomplete, trialing, active, past_due, paused or ended',
    }),
    nextPlan: z
      .object({
        plan: z.string(),
        from: z.iso.datetime().meta({ description: 'When its terms begin' }),
      })
      .nullable()
      .meta({ description: 'A change that waits for the end of the period' }),
    cancelAt: z.iso.datetime().nullable().meta({ description: 'When the subscription will end' }),
    collectionPaused: z.string().nullable().meta({
      description: 'What becomes of invoices meanwhile: keep_as_draft, mark_uncollectible or void',
    }),
    autoUpgrade: z.boolean().meta({
      description: 'Whether they are upgraded where they would be throttled',
    }),
    createdAt: z.iso.datetime(),
    clientSecret: z.string().optional().meta({
      description: "What PUT answers while the first payment waits: for Stripe's own form",
    }),
  })
  .meta({ id: 'Customer' });

export type CustomerView = z.infer<typeof customerSchema>;

export interface RouteGuards {
  readonly read: RequestHandler;
  /** A route about its parameter `customer` lets keys that are bound to that one pass. */
  readonly readCustomer: RequestHandler;
  readonly admin: RequestHandler;
}

export function customerRoutes(
  deps: ProvisioningDeps,
  guards: Pick<RouteGuards, 'readCustomer' | 'admin'>,
): Router {
  const router = Router();
  const takeUp = createTakeUp(deps);
  router.put('/v1/customers/:customer', guards.admin, async (request, response: Response) => {
    const id = customerIdOf(request);
    const body = parseRequest(customerRequestSchema, request.body, 'The body');
    const { customer, isNew, clientSecret } = await provisionCustomer(deps, id, body);
    const view = await customerView(deps, customer);
    response.status(isNew ? 201 : 200).json({ ...view, ...(clientSecret && { clientSecret }) });
  });
  router.get(
    '/v1/customers/:customer',
    guards.readCustomer,
    async (request, response: Response) => {
      const id = customerIdOf(request);
      const customer = await takeUp(await requireCustomer(deps.pool, id));
      response.json(await customerView(deps, customer));
    },
  );
  return router;
}

export async function customerView(
  { pool, catalog }: Pick<ProvisioningDeps, 'pool' | 'catalog'>,
  customer: Customer,
): Promise<CustomerView> {
  const plan = await describePlan(pool, catalog, customer.plan);
  return shownCustomer(customer, plan?.features ?? []);
}

/** `features`: those of the customer's plan. */
export function shownCustomer(customer: Customer, features: readonly string[]): CustomerView {
  return {
    customer: customer.customer,
    email: customer.email === '' ? null : customer.email,
    name: customer.name,
    plan: customer.plan,
    testClock: customer.testClock,
    stripeCustomerId: customer.stripeCustomerId,
    subscriptionId: customer.subscriptionId,
    features: [...features],
    billingStatus: customer.billingStatus,
    nextPlan:
      customer.nextPlan !== null && customer.nextPlanFrom !== null
        ? { plan: customer.nextPlan, from: customer.nextPlanFrom.toISOString() }
        : null,
    cancelAt: customer.cancelAt?.toISOString() ?? null,
    collectionPaused: customer.collectionPaused,
    autoUpgrade: customer.autoUpgrade,
    createdAt: customer.createdAt.toISOString(),
  };
}
