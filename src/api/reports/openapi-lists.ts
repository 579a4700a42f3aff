/** The OpenAPI document's part about lists: customers, open exceptions, usage events. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { customersQuerySchema, customersSchema } from '../customers/customer-list';
import { json, needs, reading } from '../http/openapi-parts';
import { problems } from '../http/openapi-problems';
import { exceptionsQuerySchema, exceptionsSchema } from './exception-list';
import { unknownModelsSchema } from './unknown-models';
import { eventsQuerySchema, usageEventsSchema } from './usage-events';

const tags = ['Customers'];
const lines = { schema: z.string() };

export const listPaths: ZodOpenApiPathsObject = {
  '/v1/customers': {
    get: {
      operationId: 'listCustomers',
      summary: 'Customers, a page at a time',
      description: 'In the order of their ids; filters are all to hold.',
      ...needs('read'),
      tags,
      requestParams: { query: customersQuerySchema },
      responses: {
        '200': { description: 'A page of them', content: json(customersSchema) },
        ...problems(['invalid_request', 'billing_unavailable']),
      },
    },
  },
  '/v1/exceptions': {
    get: {
      operationId: 'listExceptions',
      summary: 'Open exceptions of all customers, a page at a time',
      description:
        "Each customer's workflow is asked, so it is what holds now. Imports that were to be billed " +
        'and are not (`import_refused`, `import_overdue`) are among them. A page may have fewer ' +
        'than `limit`, or none, and yet not be the last: go on until `nextCursor` is null.',
      ...needs('read'),
      tags,
      requestParams: { query: exceptionsQuerySchema },
      responses: {
        '200': { description: 'A page of them', content: json(exceptionsSchema) },
        ...problems(['invalid_request', 'billing_unavailable']),
      },
    },
  },
  '/v1/unknown-models': {
    get: {
      operationId: 'listUnknownModels',
      summary: 'Models that are used and that the catalog says nothing of',
      description:
        'No cost is known of them, and no rate names them: where a plan has a rate for all models, ' +
        'they are sold by that one. Name them in a rate, in the cost book or in `modelNames`.',
      ...needs('read'),
      tags: ['Usage'],
      responses: {
        '200': { description: 'The models', content: json(unknownModelsSchema) },
        ...problems(['invalid_request']),
      },
    },
  },
  '/v1/customers/{customer}/events': {
    get: reading({
      operationId: 'listUsageEvents',
      summary: 'Each usage event of a customer',
      description:
        'Those that occurred last come first. JSON is a page; as NDJSON or CSV (`Accept`, or ' +
        '`format`) all that the filters leave come as a stream, an event a line; refused if any of ' +
        'them are archived, which a page tells.',
      answer: 'A page of them, or an event a line',
      content: { ...json(usageEventsSchema), 'application/x-ndjson': lines, 'text/csv': lines },
      query: eventsQuerySchema,
      codes: ['usage_archived'],
    }),
  },
};
