/** A collector of traces by OTLP over HTTP: takes protobuf as real ones do, and keeps the spans. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** The part of opentelemetry-proto's trace service that is looked at, by its field numbers. */
const SCHEMA = `syntax = "proto3";
message Request { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated Attribute attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
  repeated Attribute attributes = 9; repeated Link links = 13; Status status = 15;
}
message Link { bytes trace_id = 1; bytes span_id = 2; }
message Status { string message = 2; int32 code = 3; }
message Attribute { string key = 1; Value value = 2; }
message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
  double double_value = 4; } }`;

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly links: readonly string[];
}

export interface OtlpCollector {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** All that was received, as it was. */
  readonly bytes: Buffer[];
  /** Answered to whatever comes. */
  status: number;
  requests: number;
  close(): Promise<void>;
}

interface Decoded {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { spans: RawSpan[] }[] }[];
}

interface RawSpan extends Omit<ReceivedSpan, 'attributes' | 'links'> {
  readonly attributes: readonly { key: string; value: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly traceId: string }[];
}

export async function startOtlpCollector(): Promise<OtlpCollector> {
  const type = protobuf.parse(SCHEMA, { keepCase: false }).root.lookupType('Request');
  const take = async (request: IncomingMessage): Promise<void> => {
    const body = await buffer(request);
    const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    collector.bytes.push(plain);
    const options = { bytes: String, longs: String, arrays: true, defaults: true };
    const { resourceSpans } = type.toObject(type.decode(plain), options) as Decoded;
    const spans = resourceSpans.flatMap((each) => each.scopeSpans.flatMap((scope) => scope.spans));
    collector.spans.push(...spans.map(readable));
  };
  const server = createServer((request, response) => {
    collector.requests += 1;
    void take(request).finally(() => response.writeHead(collector.status).end());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const collector: OtlpCollector = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    bytes: [],
    status: 200,
    requests: 0,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
  return collector;
}

const readable = ({ attributes, links, ...span }: RawSpan): ReceivedSpan => ({
  ...span,
  attributes: Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]),
  ),
  links: links.map(({ traceId }) => traceId),
});
