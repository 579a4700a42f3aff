/** What the operations of the OpenAPI document have in common: bodies, problems, the customer. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiResponseObject } from 'zod-openapi';
import type { ApiScope } from '../../db/api-keys';
import { customerIdSchema } from '../customer-id';
import { idempotencyKeySchema } from './idempotency';
import { problems } from './openapi-problems';
import type { ToldCode } from './openapi-problems';

export const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

/**
 * What becomes of keys that are bound to a customer. `own`: they pass where the path names that
 * customer. `by-event`: they pass, and each usage event is compared. `none`: they are told 403.
 */
export type BoundKeys = 'own' | 'by-event' | 'none';

/**
 * The scope that a key needs; `admin` stands for every one of them. The document says it, and
 * test/api/http/authorisation-matrix.test.ts holds the guards to what it says, in every cell.
 */
export const needs = (
  scope: ApiScope,
  boundKeys: BoundKeys = 'none',
): Pick<ZodOpenApiOperationObject, 'security' | 'x-bound-keys'> => ({
  security: [{ apiKey: [scope] }],
  'x-bound-keys': boundKeys,
});

export const byCustomer = { path: z.object({ customer: customerIdSchema }) };

export const idempotencyKey = z.object({
  'Idempotency-Key': idempotencyKeySchema.optional().meta({
    description:
      'The same request again is answered as before, for 30 days; another one is refused',
    example: '3f0c2a9e-6d1b-4c58-9a57-0e8f1d2b7c44',
  }),
});

/** A GET about a customer. */
export function reading(
  operation: Pick<ZodOpenApiOperationObject, 'operationId' | 'summary' | 'description'> & {
    readonly content: ZodOpenApiResponseObject['content'];
    readonly answer: string;
    readonly scope?: ApiScope;
    readonly query?: z.ZodObject;
    /** Refusals of its own. */
    readonly codes?: readonly ToldCode[];
  },
): ZodOpenApiOperationObject {
  const { content, answer, scope = 'read', query, codes = [], ...facts } = operation;
  return {
    ...facts,
    // What customers may read of themselves is open to their own keys.
    ...needs(scope, scope === 'read' ? 'own' : 'none'),
    tags: ['Customers'],
    requestParams: { ...byCustomer, ...(query && { query }) },
    responses: {
      '200': { description: answer, content },
      ...problems([
        'customer_not_found',
        ...(query && 'period' in query.shape ? (['period_not_found'] as const) : []),
        'invalid_request',
        ...codes,
      ]),
    },
  };
}
