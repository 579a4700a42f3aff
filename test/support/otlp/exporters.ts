/** OpenTelemetry's own exporters for Node, which send a tracer's spans as it ends them. */
import { context, diag, DiagLogLevel, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';

export type Protocol = 'http/protobuf' | 'http/json';

export interface TracedApp {
  /** Makes a span within another, or one of its own. */
  call(
    name: string,
    attributes: Attributes,
    within?: Context,
  ): { readonly inside: Context; end(): void };
  /** Sends what has ended, and waits for the answer. */
  flush(): Promise<void>;
  /** What the exporter says of the answers. */
  readonly told: readonly string[];
  close(): Promise<void>;
}

export interface AppSettings {
  /** Exporters add `/v1/traces` to it. */
  readonly endpoint: string;
  readonly key: string;
  readonly protocol: Protocol;
  readonly gzip?: boolean;
  readonly resource?: Attributes;
}

export function startTracedApp(settings: AppSettings): TracedApp {
  const told: string[] = [];
  const tell = (...words: unknown[]) => void told.push(words.map(String).join(' '));
  diag.setLogger(
    { verbose: () => {}, debug: () => {}, info: () => {}, warn: tell, error: tell },
    {
      logLevel: DiagLogLevel.WARN,
      suppressOverrideMessage: true,
    },
  );
  const exporter = exporterOf(settings);
  const provider = new NodeTracerProvider({
    resource: new Resource({ 'service.name': 'app', ...settings.resource }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('app');
  return {
    call: (name, attributes, within = context.active()) => {
      const span: Span = tracer.startSpan(name, { attributes }, within);
      return { inside: trace.setSpan(within, span), end: () => span.end() };
    },
    flush: () => provider.forceFlush(),
    told,
    close: async () => {
      await provider.shutdown();
      diag.disable();
    },
  };
}

function exporterOf({ endpoint, key, protocol, gzip }: AppSettings): SpanExporter {
  const options = {
    url: `${endpoint}/v1/traces`,
    headers: { authorization: `Bearer ${key}` },
    ...(gzip === true && { compression: 'gzip' as never }),
  };
  if (protocol === 'http/protobuf') return new OTLPTraceExporter(options);
  // What `@opentelemetry/exporter-trace-otlp-http` is made of.
  const legacy = convertLegacyHttpOptions(options, 'TRACES', 'v1/traces', {
    'Content-Type': 'application/json',
  });
  return new OTLPExporterBase<ReadableSpan[]>(
    createOtlpHttpExportDelegate(legacy, JsonTraceSerializer),
  );
}
