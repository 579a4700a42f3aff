/** The OpenAPI 3.1 document, made of the same schemas that validate. */
import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { customerRequestSchema, customerSchema } from './customers';
import { dashboardLinkRequestSchema, dashboardLinkSchema } from './dashboard';
import { changePaths } from './openapi-changes';
import { byCustomer, json, problems, reading } from './openapi-parts';
import { marginSchema } from './margin';
import { payoutPaths } from './openapi-payouts';
import { vendorPaths } from './openapi-vendors';
import { usagePaths } from './openapi-usage';
import { invoicesSchema } from './reports';
import { accessSchema, usageReportSchema } from './usage-report';

const audit = { schema: z.string() };
const periodQuery = z.object({
  period: z
    .string()
    .optional()
    .meta({ description: '`current`, `previous`, or the start of a period', example: 'current' }),
});

const customerPaths: ZodOpenApiPathsObject = {
  '/v1/customers/{customer}': {
    put: {
      operationId: 'putCustomer',
      summary: 'Create a customer with its subscription, or change its name and address',
      tags: ['Customers'],
      requestParams: byCustomer,
      requestBody: { required: true, content: json(customerRequestSchema) },
      responses: {
        '200': { description: 'The customer was there already', content: json(customerSchema) },
        '201': { description: 'The customer is new', content: json(customerSchema) },
        ...problems('401', '403', '409', '422', '502', '503'),
      },
    },
    get: reading('getCustomer', 'A customer', json(customerSchema)),
  },
  '/v1/customers/{customer}/usage': {
    get: reading('getUsage', 'Usage of a period', json(usageReportSchema), periodQuery),
  },
  '/v1/customers/{customer}/margin': {
    get: reading(
      'getMargin',
      'Revenue, cost and margin of a period',
      json(marginSchema),
      periodQuery,
    ),
  },
  '/v1/customers/{customer}/access': {
    get: reading('getAccess', 'What the customer may expect', json(accessSchema)),
  },
  '/v1/customers/{customer}/invoices': {
    get: reading('listInvoices', 'Invoices', json(invoicesSchema)),
  },
  '/v1/customers/{customer}/dashboard-link': {
    post: {
      operationId: 'createDashboardLink',
      summary: "A signed, expiring link to the customer's dashboard",
      tags: ['Customers'],
      requestParams: byCustomer,
      requestBody: { content: json(dashboardLinkRequestSchema) },
      responses: {
        '201': { description: 'The link', content: json(dashboardLinkSchema) },
        ...problems('401', '403', '404', '422'),
      },
    },
  },
  '/v1/customers/{customer}/audit': {
    get: reading('getAudit', 'Every decision about the customer', {
      'application/x-ndjson': audit,
      'text/csv': audit,
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
            'customer is told 403 by everything that is not about that customer.',
        },
      },
    },
    paths: { ...usagePaths, ...customerPaths, ...changePaths, ...vendorPaths, ...payoutPaths },
  });
}
