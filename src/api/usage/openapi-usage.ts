/** The OpenAPI document's paths of sending usage. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { cloudEventSchema } from './cloud-event';
import { json, needs } from '../http/openapi-parts';
import { BODY_REFUSALS, problems } from '../http/openapi-problems';
import type { ToldCode } from '../http/openapi-problems';
import { usageAnswerSchema } from './usage-answer';
import { CLOUD_EVENT, CLOUD_EVENT_BATCH, EVENTS_PER_REQUEST_MAX } from './usage-body';
import { otlpPaths } from './otlp/openapi-otlp';
import { usageEventSchema } from '../../ingest/usage-event-schema';

const cloudEvents = z.array(cloudEventSchema).min(1).max(EVENTS_PER_REQUEST_MAX);

const asCloudEvents = {
  [CLOUD_EVENT]: { schema: cloudEventSchema },
  [CLOUD_EVENT_BATCH]: { schema: cloudEvents },
};

/** These are told before any usage event is looked at. */
const refusals: readonly ToldCode[] = [
  ...BODY_REFUSALS,
  ...(['invalid_request', 'too_many_requests', 'stripe_error'] as const),
];

export const usagePaths: ZodOpenApiPathsObject = {
  ...otlpPaths,
  '/v1/usage': {
    post: {
      operationId: 'recordUsage',
      summary: 'Record usage events',
      description:
        'Answers after the usage events are durable. Repeating a request is safe: a usage event ' +
        'that is recorded already is a duplicate, and counts once. A usage event that can not be taken ' +
        'rejects only itself, and `results` says why; one that is sent by itself is a problem.',
      ...needs('ingest', 'by-event'),
      tags: ['Usage'],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: z.union([
              usageEventSchema,
              z.object({ events: z.array(usageEventSchema).min(1).max(EVENTS_PER_REQUEST_MAX) }),
            ]),
          },
          ...asCloudEvents,
        },
      },
      responses: {
        '202': { description: 'What became of each usage event', content: json(usageAnswerSchema) },
        ...problems(
          [
            ...refusals,
            ...(['invalid_usage_event', 'usage_event_conflict', 'customer_forbidden'] as const),
            ...(['occurred_at_out_of_range', 'usage_too_large', 'customer_not_found'] as const),
          ],
          { customer_not_found: 422 },
        ),
      },
    },
  },
  '/api/v1/events': {
    post: {
      operationId: 'ingestOpenMeterEvents',
      summary: "Record usage as OpenMeter's clients send it",
      description:
        'CloudEvents, one or many. An event that is recorded already is a success. Some that can ' +
        'not be counted are 400, and the others are recorded all the same: sending everything ' +
        'again is safe.',
      ...needs('ingest', 'by-event'),
      tags: ['Usage'],
      requestBody: {
        required: true,
        content: {
          ...asCloudEvents,
          'application/json': { schema: z.union([cloudEventSchema, cloudEvents]) },
        },
      },
      responses: {
        '204': { description: 'All of them are durable' },
        ...problems([...refusals, 'usage_events_rejected'], { invalid_request: 400 }),
      },
    },
  },
};
