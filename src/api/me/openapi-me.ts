/** The OpenAPI document's part about what a customer's own token may ask for. */
import { z } from 'zod';
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiPathsObject,
  ZodOpenApiResponseObject,
} from 'zod-openapi';
import type { Right } from '../../core/subscription/rights';
import { periodQuerySchema } from '../customers/customer-period';
import { byCustomer, json, needs } from '../http/openapi-parts';
import { BODY_REFUSALS, problems } from '../http/openapi-problems';
import type { ToldCode } from '../http/openapi-problems';
import { invoicePageSchema } from '../self-service/invoice-documents';
import { planOrderSchema, priceRequestSchema } from '../self-service/own-changes';
import { pageKeySchema } from '../self-service/page-counter';
import { customerTokenRequestSchema, customerTokenSchema } from './customer-token';
import { ownInvoicesSchema, ownPlanSchema, ownUsageSchema } from './own-schema';
import { planPriceSchema, purchasePageSchema, purchaseSchema } from './own-schema';

const onceKey = z.object({
  'Idempotency-Key': pageKeySchema.meta({
    description: 'The same order again is done once: 32 hex digits',
    example: '5f0c2a9e6d1b4c589a570e8f1d2b7c44',
  }),
});

type Facts = Pick<ZodOpenApiOperationObject, 'operationId' | 'summary' | 'description'> & {
  readonly answer: string;
  readonly content: ZodOpenApiResponseObject['content'];
  /** undefined: any token may. */
  readonly right?: Right;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly isOnce?: boolean;
  readonly codes?: readonly ToldCode[];
};

function asking(facts: Facts): ZodOpenApiOperationObject {
  const { answer, content, right, query, body, isOnce, codes = [], ...words } = facts;
  return {
    ...words,
    security: [{ customerToken: right === undefined ? [] : [right] }],
    tags: ['A customer’s own pages'],
    requestParams: { ...(query && { query }), ...(isOnce && { header: onceKey }) },
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: {
      '200': { description: answer, content },
      ...problems([
        ...(body ? BODY_REFUSALS : []),
        ...(['customer_not_found', 'invalid_request', 'stripe_error', ...codes] as const),
      ]),
    },
  };
}

const REFUSED_CHANGES = [
  ...(['subscription_not_active', 'plan_not_found', 'plan_unchanged'] as const),
  ...(['plan_change_not_possible', 'cancellation_pending', 'price_not_settled'] as const),
  ...(['card_declined', 'payment_requires_action', 'customer_not_payable'] as const),
  ...(['catalog_not_pushed', 'usage_not_reported', 'billing_unavailable'] as const),
  ...(['price_changed', 'customer_deleted', 'customer_conflict'] as const),
  ...(['idempotency_key_reused', 'idempotency_key_expired', 'vendor_not_payable'] as const),
] as const;

export const ownPaths: ZodOpenApiPathsObject = {
  '/v1/customers/{customer}/token': {
    post: {
      operationId: 'createCustomerToken',
      summary: 'A short-lived token by which a page of yours asks for this customer',
      description:
        'For `tollkeeper/react`, and whatever asks the routes under `/v1/me`. Give it to whom you ' +
        'have signed in. It shows usage, and does what `allow` names; nothing cancels.',
      ...needs('admin'),
      tags: ['A customer’s own pages'],
      requestParams: byCustomer,
      requestBody: { content: json(customerTokenRequestSchema) },
      responses: {
        '201': { description: 'The token', content: json(customerTokenSchema) },
        ...problems([...BODY_REFUSALS, 'customer_not_found', 'invalid_request']),
      },
    },
  },
  '/v1/me/usage': {
    get: asking({
      operationId: 'getOwnUsage',
      summary: 'Own usage of a period',
      answer: 'What the customer’s page shows of it',
      content: json(ownUsageSchema),
      query: periodQuerySchema,
      codes: ['period_not_found'],
    }),
  },
  '/v1/me/events': {
    get: asking({
      operationId: 'followOwnUsage',
      summary: 'Own usage as it changes',
      description:
        'Server-sent events: `view` with the answer of `GET /v1/me/usage` at once and after each ' +
        'change, `alive` every five seconds, `expired` when the token ends.',
      answer: 'It lasts as long as the token',
      content: { 'text/event-stream': { schema: z.string() } },
    }),
  },
  '/v1/me/plan': {
    get: asking({
      operationId: 'getOwnPlan',
      summary: 'Own plan, and those that are offered',
      answer: 'How the customer stands',
      content: json(ownPlanSchema),
    }),
    post: asking({
      operationId: 'changeOwnPlan',
      summary: 'Change the own plan at the price that was shown',
      description: 'One that costs more by now is refused: `price_changed`, and nothing is done.',
      answer: 'How the customer stands then',
      content: json(ownPlanSchema),
      right: 'plan',
      body: planOrderSchema,
      isOnce: true,
      codes: REFUSED_CHANGES,
    }),
  },
  '/v1/me/plan-price': {
    post: asking({
      operationId: 'priceOwnPlan',
      summary: 'What a change of the own plan costs',
      answer: 'To be sent back with the order, once the customer agrees',
      content: json(planPriceSchema),
      right: 'plan',
      body: priceRequestSchema,
      codes: REFUSED_CHANGES,
    }),
  },
  '/v1/me/checkout': {
    post: asking({
      operationId: 'openOwnCheckout',
      summary: "Buy a plan, or put in a card, on Stripe's page",
      description: 'With a plan it needs the right `plan`, without one the right `card`.',
      answer: 'Where that is',
      content: json(purchasePageSchema),
      body: purchaseSchema,
      isOnce: true,
      codes: REFUSED_CHANGES,
    }),
  },
  '/v1/me/invoices': {
    get: asking({
      operationId: 'listOwnInvoices',
      summary: 'Own invoices, with their pages',
      answer: 'The latest first',
      content: json(ownInvoicesSchema),
      right: 'invoices',
      query: invoicePageSchema,
    }),
  },
};
