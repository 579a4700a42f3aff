/** The OpenAPI document's part about Checkout. */
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { byCustomer, idempotencyKey, json, needs } from '../http/openapi-parts';
import { BODY_REFUSALS, problems } from '../http/openapi-problems';
import { checkoutRequestSchema, checkoutSchema } from './checkout-schema';

export const checkoutPaths: ZodOpenApiPathsObject = {
  '/v1/customers/{customer}/checkout': {
    post: {
      operationId: 'openCheckout',
      summary: "Send the customer to Stripe's Checkout, to subscribe or to leave a card",
      description:
        'A customer whom nobody knows is made by this request, and is `pending` until Stripe says ' +
        'that the session is complete: with its subscription, billing begins. For one with a ' +
        'subscription the session asks for a card, which becomes the default and pays what is ' +
        'open. The newest session counts: older ones that are open are taken back.',
      ...needs('admin'),
      tags: ['Customers'],
      requestParams: { ...byCustomer, header: idempotencyKey },
      requestBody: { required: true, content: json(checkoutRequestSchema) },
      responses: {
        '201': { description: 'The session', content: json(checkoutSchema) },
        ...problems([
          ...BODY_REFUSALS,
          ...(['customer_conflict', 'customer_deleted'] as const),
          ...(['plan_not_found', 'vendor_not_payable', 'catalog_not_pushed'] as const),
          ...(['idempotency_key_reused', 'idempotency_key_expired'] as const),
          ...(['invalid_request', 'stripe_error'] as const),
        ]),
      },
    },
  },
};
