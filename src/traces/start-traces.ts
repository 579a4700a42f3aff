/**
 * OpenTelemetry's SDK, for a process that was told where to send its spans: the only file that
 * loads it. Spans leave in batches in the background; whoever is away loses some, and nothing else.
 */
import { diag, DiagLogLevel, SpanKind, trace } from '@opentelemetry/api';
import type { Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { Resource } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace-node';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry/lib/client';
import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry/lib/worker';
import type { WorkerOptions } from '@temporalio/worker';
import { setTracing } from './spans';

const FLUSH_MS_MAX = 3_000;
const TRACES_PATH = 'v1/traces';

export interface TracesSettings {
  /** Base of the collector, to which `/v1/traces` is added, as the standard variable has it. */
  readonly endpoint: string;
  readonly serviceName: string;
  /** Part of the requests that come without a decision of their caller: 1 is all. */
  readonly ratio: number;
  /** The exporter's own complaints. */
  readonly onTrouble: (message: string) => void;
}

export interface Traces {
  readonly client: { readonly workflow: [OpenTelemetryWorkflowClientInterceptor] };
  readonly activity: NonNullable<NonNullable<WorkerOptions['interceptors']>['activity']>;
  /** Sends what is left, as far as that is quick. */
  stop(): Promise<void>;
}

export function startTraces(settings: TracesSettings): Traces {
  tellOnce(settings.onTrouble);
  const exporter = new OTLPTraceExporter({
    url: `${settings.endpoint.replace(/\/+$/, '')}/${TRACES_PATH}`,
  });
  const provider = new NodeTracerProvider({
    resource: new Resource({ 'service.name': settings.serviceName }),
    sampler: new ParentBasedSampler({ root: ofRequests(settings.ratio) }),
    spanProcessors: [new WordlessProcessor(exporter)],
  });
  provider.register();
  setTracing(true);
  return {
    client: { workflow: [new OpenTelemetryWorkflowClientInterceptor()] },
    activity: [(context) => ({ inbound: new OpenTelemetryActivityInboundInterceptor(context) })],
    stop: async () => {
      setTracing(false);
      const timeout = new Promise<void>((resolve) => setTimeout(resolve, FLUSH_MS_MAX).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), timeout]);
      trace.disable();
    },
  };
}

/** What went wrong is told by its kind: messages may quote what somebody sent. */
class WordlessProcessor extends BatchSpanProcessor {
  override onEnd(span: ReadableSpan): void {
    for (const { attributes = {} } of span.events)
      for (const name of ['exception.message', 'exception.stacktrace']) delete attributes[name];
    super.onEnd(Object.assign(span, { status: { code: span.status.code } }));
  }
}

/** A trace begins with a request to us: what we do by ourselves all the time begins none. */
function ofRequests(ratio: number): Sampler {
  const byRatio = new TraceIdRatioBasedSampler(ratio);
  return {
    toString: () => `OfRequests{${byRatio.toString()}}`,
    shouldSample: (context: Context, traceId, _name, kind) =>
      kind === SpanKind.SERVER
        ? byRatio.shouldSample(context, traceId)
        : { decision: SamplingDecision.NOT_RECORD },
  };
}

/** A collector that is away would be complained of every few seconds. */
function tellOnce(onTrouble: (message: string) => void): void {
  let isTold = false;
  const tell = (message: string) => {
    if (!isTold) onTrouble(message);
    isTold = true;
  };
  const nothing = () => undefined;
  diag.setLogger(
    { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
