/** What the operations of the OpenAPI document have in common: bodies, problems, the customer. */
import { z } from 'zod';
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiResponseObject,
  ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { customerIdSchema } from './customers';
import { problemSchema } from './problems';

export const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

const problem = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problemSchema } },
});

const PROBLEMS = {
  '400': problem('The body can not be read, or some of its events; `rejectedEvents` names each'),
  '401': problem('No API key, or not a valid one'),
  '402': problem('The payment was declined; `declineCode` says why'),
  '403': problem('The API key lacks the scope, or is bound to another customer'),
  '404': problem('There is no such thing'),
  '409': problem('It does not go with what is there; `code` and `detail` say why'),
  '413': problem('The body is too large'),
  '415': problem('The body has a media type that is not understood'),
  '422': problem('The request is not valid'),
  '429': problem('Too much waits already: try again after Retry-After seconds'),
  '502': problem('Stripe refused it, with its reason'),
  '503': problem('What it needs can not be reached: try again after Retry-After seconds'),
};

export const problems = (
  ...statuses: readonly (keyof typeof PROBLEMS)[]
): ZodOpenApiResponsesObject =>
  Object.fromEntries(statuses.map((status) => [status, PROBLEMS[status]]));

export const byCustomer = { path: z.object({ customer: customerIdSchema }) };

/** A GET about a customer. */
export function reading(
  operationId: string,
  summary: string,
  content: ZodOpenApiResponseObject['content'],
  query?: z.ZodObject,
): ZodOpenApiOperationObject {
  return {
    operationId,
    summary,
    tags: ['Customers'],
    requestParams: { ...byCustomer, ...(query && { query }) },
    responses: {
      '200': { description: summary, content },
      ...problems('401', '403', '404', '422'),
    },
  };
}
