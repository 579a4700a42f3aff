/** The OpenAPI document's path of OpenTelemetry's spans. */
import { z } from 'zod';
import type { ZodOpenApiPathsObject, ZodOpenApiResponseObject } from 'zod-openapi';
import { needs } from '../../http/openapi-parts';
import { BODY_REFUSALS, meanings, refusalsAs } from '../../http/openapi-problems';
import type { ToldCode } from '../../http/openapi-problems';
import { statusSchema, traceAnswerSchema } from './otlp-answer';
import { OTLP_JSON, OTLP_PROTOBUF } from './otlp-body';

const described = <Schema extends z.ZodType>(schema: Schema, description: string): Schema =>
  schema.meta({ description });

const attributes = described(
  z.array(
    z.looseObject({
      key: described(z.string(), 'The name, such as `gen_ai.usage.input_tokens`'),
      value: described(
        z.looseObject({}),
        '`stringValue`, `intValue`, `doubleValue` or `boolValue`',
      ),
    }),
  ),
  'What it tells, by the names of a convention',
).optional();

const spanSchema = z.looseObject({
  traceId: described(z.string(), '32 hexadecimal digits'),
  spanId: described(z.string(), '16 hexadecimal digits'),
  parentSpanId: described(z.string(), 'The span that it is in; left out or empty: none').optional(),
  name: described(z.string(), 'It decides nothing').optional(),
  startTimeUnixNano: described(z.string(), 'When the call was made; left out: now').optional(),
  endTimeUnixNano: described(z.string(), 'When it was over').optional(),
  attributes,
});

const scopeSpansSchema = z.looseObject({
  spans: described(z.array(spanSchema), 'Of all kinds').optional(),
});

const resourceSpansSchema = z.looseObject({
  resource: described(z.looseObject({ attributes }), 'Who made the spans').optional(),
  scopeSpans: described(
    z.array(scopeSpansSchema),
    'Spans by what has instrumented them',
  ).optional(),
});

const requestSchema = z
  .looseObject({
    resourceSpans: described(
      z.array(resourceSpansSchema),
      'Spans by what has made them',
    ).optional(),
  })
  .meta({ id: 'ExportTraceServiceRequest' });

/** Protobuf has no form that the document could tell: opentelemetry-proto describes it. */
const asProtobuf = { [OTLP_PROTOBUF]: { schema: { type: 'string', format: 'binary' } as const } };

const inBoth = (schema: z.ZodType) => ({ [OTLP_JSON]: { schema }, ...asProtobuf });

const status = (codes: readonly ToldCode[]): ZodOpenApiResponseObject => ({
  description: meanings(codes),
  content: inBoth(statusSchema),
  'x-codes': codes,
});

export const otlpPaths: ZodOpenApiPathsObject = {
  '/otlp/v1/traces': {
    post: {
      operationId: 'exportTraces',
      summary: "Record usage from OpenTelemetry's spans",
      description:
        'OTLP over HTTP, in protobuf or JSON, with gzip or without: exporters have `/otlp` as their ' +
        'endpoint. Spans that are calls of models are recorded as usage events, and others are let ' +
        'go. A call that can not be counted is told in `partialSuccess`, and the others are ' +
        'recorded all the same.',
      ...needs('ingest', 'by-event'),
      tags: ['Usage'],
      requestBody: { required: true, content: inBoth(requestSchema) },
      responses: {
        '200': {
          description: 'What was recorded is durable',
          content: inBoth(traceAnswerSchema),
        },
        ...refusalsAs(status, [...BODY_REFUSALS, 'invalid_request', 'stripe_error'], {
          invalid_request: 400,
        }),
      },
    },
  },
};
