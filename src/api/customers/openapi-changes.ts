/** The OpenAPI document's part about changing a subscription and deciding what is open. */
import { planChangeRequestSchema, planChangeSchema } from './plan-change-schema';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { customerSchema } from './customers';
import { grantRequestSchema, grantSchema } from './grant-body';
import { byCustomer, idempotencyKey, json, needs } from '../http/openapi-parts';
import { BODY_REFUSALS, problems } from '../http/openapi-problems';
import type { ToldCode } from '../http/openapi-problems';
import { planPreviewSchema } from './plan-preview';
import {
  acceptedSchema,
  cancelQuerySchema,
  dunningPauseRequestSchema,
  resolutionRequestSchema,
  subscriptionActionSchema,
} from './subscription-change-schema';

/** It is in force when it is paid. */
const UNPAID = ['card_declined', 'payment_requires_action', 'customer_not_payable'] as const;

/** What every change may answer besides its own. */
const refusals = (...codes: readonly ToldCode[]) =>
  problems([
    ...BODY_REFUSALS,
    ...(['customer_not_found', 'subscription_not_active', ...codes] as const),
    ...(['idempotency_key_reused', 'idempotency_key_expired'] as const),
    ...(['invalid_request', 'stripe_error', 'billing_unavailable'] as const),
  ]);

function changing(
  operation: Pick<
    ZodOpenApiOperationObject,
    'operationId' | 'summary' | 'description' | 'responses'
  > & {
    readonly body?: z.ZodType;
    readonly query?: z.ZodObject;
    readonly codes?: readonly ToldCode[];
  },
): ZodOpenApiOperationObject {
  const { body, query, responses, codes = [], ...facts } = operation;
  return {
    ...facts,
    ...needs('admin'),
    tags: ['Subscriptions'],
    requestParams: { ...byCustomer, header: idempotencyKey, ...(query && { query }) },
    ...(body && { requestBody: { required: true, content: json(body) } }),
    responses: { ...responses, ...refusals(...codes) },
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
      codes: [
        ...(['plan_not_found', 'plan_unchanged', 'plan_change_not_possible'] as const),
        ...([
          'cancellation_pending',
          'price_not_settled',
          ...UNPAID,
          'catalog_not_pushed',
        ] as const),
      ],
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
      description:
        '`cancel` ends the subscription, now or with the period; `resume` takes back a ' +
        'cancellation that waits, or a pause; `pause` leaves invoices uncollected; `end_trial` ' +
        'begins the first paid period.',
      codes: ['usage_not_reported', 'price_not_settled', ...UNPAID],
      body: subscriptionActionSchema,
      responses: theCustomer,
    }),
    delete: changing({
      operationId: 'cancelSubscription',
      summary: 'Cancel the subscription',
      description: 'Usage up to the end is invoiced; nothing is refunded.',
      codes: ['usage_not_reported'],
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
      ...needs('admin'),
      tags: ['Subscriptions'],
      requestParams: { ...byCustomer, header: idempotencyKey },
      requestBody: { required: true, content: json(grantRequestSchema) },
      responses: {
        '201': { description: 'The grant', content: json(grantSchema) },
        ...refusals('grant_conflict', 'too_many_grants', 'state_full'),
      },
    },
  },
  '/v1/customers/{customer}/exceptions/resolve': {
    post: changing({
      operationId: 'resolveException',
      summary: 'Decide an open exception',
      description:
        '`accept_stripe`: what Stripe has stands. `correct`: Stripe is brought to the figures of ' +
        'the ledger. `write_off`: what Stripe has not is given up. `retry`: what was refused is ' +
        'tried again. Which of them goes with which exception is in docs/guides/operate/exceptions.md.',
      codes: ['exception_not_found', 'resolution_not_possible'],
      body: resolutionRequestSchema,
      responses: accepted('The decision is noted and is being carried out'),
    }),
  },
  '/v1/customers/{customer}/dunning/pause': {
    post: changing({
      operationId: 'pauseDunning',
      summary: 'Pause the dunning of an unpaid invoice, or go on with it',
      description: 'The rest of the schedule moves by the time that it waited.',
      codes: ['dunning_not_found'],
      body: dunningPauseRequestSchema,
      responses: accepted('The schedule waits, or goes on'),
    }),
  },
};
