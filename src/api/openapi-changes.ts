/** The OpenAPI document's part about changing a subscription and deciding what is open. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { customerSchema } from './customers';
import { byCustomer, json, problems } from './openapi-parts';
import { planPreviewSchema } from './plan-preview';
import {
  acceptedSchema,
  cancelQuerySchema,
  dunningPauseRequestSchema,
  grantRequestSchema,
  grantSchema,
  idempotencyKeySchema,
  planChangeRequestSchema,
  planChangeSchema,
  resolutionRequestSchema,
  subscriptionActionSchema,
} from './subscription-changes';

const idempotencyKey = z.object({
  'Idempotency-Key': idempotencyKeySchema.optional().meta({
    description: 'The same key is the same request; without one each is a new request',
    example: '3f0c2a9e-6d1b-4c58-9a57-0e8f1d2b7c44',
  }),
});

/** What every change may answer besides. */
const refusals = problems('401', '403', '404', '409', '422', '502', '503');

function changing(
  operation: Pick<
    ZodOpenApiOperationObject,
    'operationId' | 'summary' | 'description' | 'responses'
  > & { readonly body?: z.ZodType; readonly query?: z.ZodObject },
): ZodOpenApiOperationObject {
  const { body, query, responses, ...told } = operation;
  return {
    ...told,
    tags: ['Subscriptions'],
    requestParams: { ...byCustomer, header: idempotencyKey, ...(query && { query }) },
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: { ...responses, ...refusals },
  };
}

const theCustomer = { '200': { description: 'The customer now', content: json(customerSchema) } };
const accepted = (description: string) => ({
  '202': { description, content: json(acceptedSchema) },
});

export const changePaths: ZodOpenApiPathsObject = {
  '/v1/customers/{customer}/plan': {
    post: changing({
      operationId: 'changePlan',
      summary: 'Change the plan, or price the change',
      description:
        "Now: the new plan's allowance and rates hold for the whole current period, whose usage " +
        'is counted again. At period end: nothing is prorated. With `preview` nothing is changed.',
      body: planChangeRequestSchema,
      responses: {
        '200': {
          description: 'The change, or its price',
          content: json(z.union([planChangeSchema, planPreviewSchema])),
        },
      },
    }),
  },
  '/v1/customers/{customer}/subscription': {
    post: changing({
      operationId: 'changeSubscription',
      summary: 'Cancel, resume, pause the collection, or end the trial',
      body: subscriptionActionSchema,
      responses: theCustomer,
    }),
    delete: changing({
      operationId: 'cancelSubscription',
      summary: 'Cancel the subscription',
      description: 'Usage up to the end is invoiced; nothing is refunded.',
      query: cancelQuerySchema,
      responses: theCustomer,
    }),
  },
  '/v1/customers/{customer}/grants': {
    post: {
      operationId: 'grantTokens',
      summary: 'Give tokens on top of the allowance',
      description:
        'Used after the allowance and before overage, also by usage of the current period that ' +
        'is there already. The `id` in the body tells a repeated request.',
      tags: ['Subscriptions'],
      requestParams: byCustomer,
      requestBody: { required: true, content: json(grantRequestSchema) },
      responses: { '201': { description: 'The grant', content: json(grantSchema) }, ...refusals },
    },
  },
  '/v1/customers/{customer}/exceptions/resolve': {
    post: changing({
      operationId: 'resolveException',
      summary: 'Decide an open exception',
      body: resolutionRequestSchema,
      responses: accepted('The decision is noted and is being carried out'),
    }),
  },
  '/v1/customers/{customer}/dunning/pause': {
    post: changing({
      operationId: 'pauseDunning',
      summary: 'Pause the dunning of an unpaid invoice, or go on with it',
      body: dunningPauseRequestSchema,
      responses: accepted('The schedule waits, or goes on'),
    }),
  },
};
