/** The OpenAPI document's part about vendors. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { idempotencyKey, json, needs } from '../http/openapi-parts';
import { BODY_REFUSALS, problems } from '../http/openapi-problems';
import { vendorChargeRequestSchema, vendorChargeSchema } from './vendor-charges';
import { vendorIdSchema } from './vendor-id';
import {
  vendorRequestSchema,
  vendorSchema,
  vendorsQuerySchema,
  vendorsSchema,
  vendorWithLinkSchema,
} from './vendors';

const tags = ['Vendors'];
const requestParams = { path: z.object({ vendor: vendorIdSchema }) };

export const vendorPaths: ZodOpenApiPathsObject = {
  '/v1/vendors': {
    get: {
      operationId: 'listVendors',
      summary: 'Every vendor',
      description: 'Of those that an account was made for.',
      ...needs('read'),
      tags,
      requestParams: { query: vendorsQuerySchema },
      responses: {
        '200': { description: 'In the order of their ids', content: json(vendorsSchema) },
        ...problems(['invalid_request']),
      },
    },
  },
  '/v1/vendors/{vendor}': {
    put: {
      operationId: 'putVendor',
      summary: "Make a vendor's account at Stripe, change its contact, or read its account again",
      description:
        'The vendor must be in the catalog. Repeating the request is safe: a vendor has one ' +
        'account. While anything is due the answer has a fresh link for the vendor.',
      ...needs('admin'),
      tags,
      requestParams,
      requestBody: { required: true, content: json(vendorRequestSchema) },
      responses: {
        '200': { description: 'The vendor was there', content: json(vendorWithLinkSchema) },
        '201': { description: 'The vendor is new', content: json(vendorWithLinkSchema) },
        ...problems([
          ...BODY_REFUSALS,
          ...(['vendor_not_found', 'vendor_conflict', 'invalid_request', 'stripe_error'] as const),
        ]),
      },
    },
    get: {
      operationId: 'getVendor',
      summary: 'A vendor and the state of its account',
      ...needs('read'),
      tags,
      requestParams,
      responses: {
        '200': { description: 'As Stripe last told it', content: json(vendorSchema) },
        ...problems(['vendor_not_found', 'invalid_request']),
      },
    },
  },
  '/v1/vendors/{vendor}/charges': {
    post: {
      operationId: 'chargeForVendor',
      summary: 'Sell something once: the customer is charged, the vendor gets all but the fee',
      description:
        "The customer's default payment method is charged at once. Repeating the request is " +
        'safe: the same id is the same sale, and is answered as it ended.',
      ...needs('admin'),
      tags,
      requestParams: { ...requestParams, header: idempotencyKey },
      requestBody: { required: true, content: json(vendorChargeRequestSchema) },
      responses: {
        '200': { description: 'It was asked for before', content: json(vendorChargeSchema) },
        '201': { description: 'The sale', content: json(vendorChargeSchema) },
        ...problems([
          ...BODY_REFUSALS,
          'idempotency_key_reused',
          ...(['card_declined', 'vendor_not_found', 'vendor_not_payable'] as const),
          ...(['vendor_charge_conflict', 'customer_not_found', 'customer_not_payable'] as const),
          ...(['invalid_request', 'stripe_error', 'billing_unavailable'] as const),
        ]),
      },
    },
  },
};
