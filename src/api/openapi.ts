/** The OpenAPI 3.1 document, made of the same schemas that validate. */
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { checkoutPaths } from './checkout/openapi-checkout';
import { customerRequestSchema, customerSchema } from './customers/customers';
import { periodQuerySchema } from './customers/customer-period';
import { changePaths } from './customers/openapi-changes';
import { byCustomer, json, needs, reading } from './http/openapi-parts';
import { BODY_REFUSALS, problems } from './http/openapi-problems';
import { ownPaths } from './me/openapi-me';
import { marginSchema } from './reports/margin';
import { payoutPaths } from './vendors/openapi-payouts';
import { vendorPaths } from './vendors/openapi-vendors';
import { listPaths } from './reports/openapi-lists';
import { usagePaths } from './usage/openapi-usage';
import { auditQuerySchema } from './reports/audit-export';
import { invoicesQuerySchema, invoicesSchema } from './reports/reports';
import { accessSchema, usageReportSchema } from './reports/usage-report-schema';
import {
  dashboardLinkRequestSchema,
  dashboardLinkSchema,
  portalLinkRequestSchema,
  portalLinkSchema,
} from '../links/link-request';

const audit = { schema: z.string() };
const customerPaths: ZodOpenApiPathsObject = {
  '/v1/customers/{customer}': {
    put: {
      operationId: 'putCustomer',
      summary: 'Create a customer with its subscription, or change its name and address',
      description:
        'Repeating the request is safe. Where it broke off, as at a refusal of Stripe, repeating ' +
        'it goes on from there.',
      ...needs('admin'),
      tags: ['Customers'],
      requestParams: byCustomer,
      requestBody: { required: true, content: json(customerRequestSchema) },
      responses: {
        '200': { description: 'The customer was there already', content: json(customerSchema) },
        '201': { description: 'The customer is new', content: json(customerSchema) },
        ...problems([
          ...BODY_REFUSALS,
          ...(['customer_conflict', 'customer_deleted'] as const),
          ...(['plan_not_found', 'invalid_request', 'stripe_error'] as const),
          'catalog_not_pushed',
        ]),
      },
    },
    get: reading({
      operationId: 'getCustomer',
      summary: 'A customer',
      answer: 'The customer as billing knows it',
      content: json(customerSchema),
    }),
  },
  '/v1/customers/{customer}/usage': {
    get: reading({
      operationId: 'getUsage',
      summary: 'Usage of a period',
      description: 'By model and by day, with what it comes to and where it is heading.',
      answer: 'The usage, read from the ledger',
      content: json(usageReportSchema),
      query: periodQuerySchema,
    }),
  },
  '/v1/customers/{customer}/margin': {
    get: reading({
      operationId: 'getMargin',
      summary: 'Revenue, cost and margin of a period',
      description: 'By model. Costs are those of the cost book; it is not for customers.',
      answer: 'The margin of the period',
      content: json(marginSchema),
      query: periodQuerySchema,
      scope: 'admin',
    }),
  },
  '/v1/customers/{customer}/access': {
    get: reading({
      operationId: 'getAccess',
      summary: 'What the app is advised to do',
      description: 'Advice: usage is recorded in every state, and never refused for a limit.',
      answer: 'The advice of this moment',
      content: json(accessSchema),
    }),
  },
  '/v1/customers/{customer}/invoices': {
    get: reading({
      operationId: 'listInvoices',
      summary: 'Invoices',
      answer: 'The invoices',
      content: json(invoicesSchema),
      query: invoicesQuerySchema,
    }),
  },
  '/v1/customers/{customer}/dashboard-link': {
    post: {
      operationId: 'createDashboardLink',
      summary: "A signed, expiring link to the customer's dashboard",
      ...needs('read', 'own'),
      tags: ['Customers'],
      requestParams: byCustomer,
      requestBody: { content: json(dashboardLinkRequestSchema) },
      responses: {
        '201': { description: 'The link', content: json(dashboardLinkSchema) },
        ...problems([...BODY_REFUSALS, 'customer_not_found', 'invalid_request']),
      },
    },
  },
  '/v1/customers/{customer}/portal-link': {
    post: {
      operationId: 'createPortalLink',
      summary: "A signed, short-lived link to the customer's page, or to Stripe's billing portal",
      description:
        'With `allow` it leads to the page, where the customer does what is allowed and sees before ' +
        "what it costs. Without, to Stripe's portal: pays, changes card or address, and cancels, as " +
        'far as the account lets them at Stripe. Give it to whom you have signed in, at the moment ' +
        'they ask for it.',
      ...needs('admin'),
      tags: ['Customers'],
      requestParams: byCustomer,
      requestBody: { content: json(portalLinkRequestSchema) },
      responses: {
        '201': { description: 'The link', content: json(portalLinkSchema) },
        ...problems([
          ...BODY_REFUSALS,
          ...(['customer_not_found', 'customer_not_payable', 'invalid_request'] as const),
        ]),
      },
    },
  },
  '/v1/customers/{customer}/audit': {
    get: reading({
      operationId: 'getAudit',
      summary: 'Every decision about the customer',
      description:
        'Oldest first. Each entry has the hash of the one before it: a changed or a missing one ' +
        'is seen. CSV with `Accept: text/csv`. However many there are, they come as a stream; one ' +
        'that broke off is gone on with `after` the last entry that came.',
      answer: 'An entry a line',
      query: auditQuerySchema,
      content: { 'application/x-ndjson': audit, 'text/csv': audit },
    }),
  },
};

export function openApiDocument(): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Tollkeeper',
      version: '1',
      description: 'Usage billing for AI products. Errors are problems with a stable `code`.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    tags: [
      {
        name: 'Models',
        description:
          "`/openai/v1/*`, where an upstream is set: OpenAI's API as its provider has it, with " +
          'the key of one customer (scope proxy), who is recorded as its user. Errors have the ' +
          "shape of OpenAI's.",
      },
    ],
    security: [{ apiKey: [] }],
    components: {
      securitySchemes: {
        apiKey: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An API key with the scope ingest (usage), read or admin. One that is bound to a ' +
            'customer is told 403 by everything that is not about that customer: `x-bound-keys` of ' +
            'an operation says what it does with them (own, by-event, none).',
        },
        customerToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A token of `POST /v1/customers/{customer}/token`, with the rights that are named',
        },
      },
    },
    paths: {
      ...{ ...usagePaths, ...customerPaths, ...checkoutPaths, ...listPaths },
      ...{ ...changePaths, ...vendorPaths, ...payoutPaths, ...ownPaths },
    },
  });
}
