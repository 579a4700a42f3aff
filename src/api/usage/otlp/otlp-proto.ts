/** OTLP's messages in protobuf, by the definitions that OpenTelemetry's own exporters have. */
import root from '@opentelemetry/otlp-transformer/build/src/generated/root';
import { readAttributes } from './span';
import type { SentSpan } from './span';

interface Message<Plain> {
  create(plain: object): object;
  encode(message: object): { finish(): Uint8Array };
  /** Throws for bytes that are no such message. */
  decode(bytes: Uint8Array): object;
  toObject(message: object, options: object): Plain;
}

interface Request {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: unknown };
    readonly scopeSpans?: readonly { readonly spans?: readonly object[] }[];
  }[];
}

interface Definitions {
  readonly trace: { readonly v1: { readonly Span: Message<Record<string, unknown>> } };
  readonly collector: {
    readonly trace: {
      readonly v1: {
        readonly ExportTraceServiceRequest: Message<Request>;
        readonly ExportTraceServiceResponse: Message<object>;
      };
    };
  };
}

/** What is generated has no types of its own. */
const { trace, collector } = (
  root as unknown as { readonly opentelemetry: { readonly proto: Definitions } }
).opentelemetry.proto;

export const {
  ExportTraceServiceRequest: TRACE_REQUEST,
  ExportTraceServiceResponse: TRACE_RESPONSE,
} = collector.trace.v1;
const SPAN = trace.v1.Span;

const PLAIN = { longs: String };

/** Throws what protobufjs does for bytes that are no such request. */
export function spansOfProto(bytes: Uint8Array): SentSpan[] {
  const { resourceSpans = [] } = TRACE_REQUEST.decode(bytes) as Request;
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    // Resources have their attributes as spans have them.
    const { attributes } = SPAN.toObject({ attributes: resource?.attributes ?? [] }, PLAIN);
    const ofResource = readAttributes(attributes);
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({ resource: ofResource, span: plainSpan(span) })),
    );
  });
}

/** Ids are bytes there, and hexadecimal digits in JSON. */
function plainSpan(message: object): Record<string, unknown> {
  const { traceId, spanId, parentSpanId, ...plain } = SPAN.toObject(message, PLAIN);
  return {
    ...plain,
    ...{ traceId: hexOf(traceId), spanId: hexOf(spanId), parentSpanId: hexOf(parentSpanId) },
  };
}

const hexOf = (bytes: unknown): string =>
  bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';
