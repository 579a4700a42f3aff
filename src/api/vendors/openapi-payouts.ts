/** The OpenAPI document's part about what vendors are paid. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { json, needs } from '../http/openapi-parts';
import { BODY_REFUSALS, problems } from '../http/openapi-problems';
import { payoutsQuerySchema, vendorPayoutsSchema } from './statement-schema';
import { movementsQuerySchema, movementsSchema } from './vendor-movements';
import { vendorIdSchema } from './vendor-id';
import { dashboardLinkRequestSchema, dashboardLinkSchema } from '../../links/link-request';

const tags = ['Vendors'];
const path = z.object({ vendor: vendorIdSchema });

export const payoutPaths: ZodOpenApiPathsObject = {
  '/v1/vendors/{vendor}/payouts': {
    get: {
      operationId: 'getVendorPayouts',
      summary: 'What a vendor sold, what came back, and what it was paid',
      description:
        'By calendar month (UTC) in which the service period of the usage began. As CSV a month ' +
        'is a row, with the Stripe ids of its transfers and reversals.',
      ...needs('read'),
      tags,
      requestParams: { path, query: payoutsQuerySchema },
      responses: {
        '200': {
          description: 'The statement',
          content: { ...json(vendorPayoutsSchema), 'text/csv': { schema: z.string() } },
        },
        ...problems(['vendor_not_found', 'invalid_request']),
      },
    },
  },
  '/v1/vendors/{vendor}/movements': {
    get: {
      operationId: 'listVendorMovements',
      summary: "Each transfer to a vendor's account, and each reversal",
      description:
        'Those that were booked last come first. JSON is a page; as NDJSON or CSV (`Accept`, or ' +
        '`format`) all of them come as a stream, one a line.',
      ...needs('read'),
      tags,
      requestParams: { path, query: movementsQuerySchema },
      responses: {
        '200': {
          description: 'A page of them, or one a line',
          content: {
            ...json(movementsSchema),
            'application/x-ndjson': { schema: z.string() },
            'text/csv': { schema: z.string() },
          },
        },
        ...problems(['vendor_not_found', 'invalid_request']),
      },
    },
  },
  '/v1/vendors/{vendor}/dashboard-link': {
    post: {
      operationId: 'createVendorDashboardLink',
      summary: "A signed, expiring link to the vendor's page",
      description: 'Its sales, what it was paid and is owed, and the state of its account.',
      ...needs('admin'),
      tags,
      requestParams: { path },
      requestBody: { content: json(dashboardLinkRequestSchema) },
      responses: {
        '201': { description: 'The link', content: json(dashboardLinkSchema) },
        ...problems([...BODY_REFUSALS, 'vendor_not_found', 'invalid_request']),
      },
    },
  },
};
