/**
 * Spans where something of ours happens, by OpenTelemetry's API. While no exporter is configured
 * nothing here does anything, and nothing of the SDK is loaded (`start-traces.ts` does that).
 */
import { context, propagation, ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Link, Span, SpanKind, TextMapGetter } from '@opentelemetry/api';

const TRACER = 'tollkeeper';

let isOn = false;

/** Said by whoever starts and stops the SDK. */
export const setTracing = (isWanted: boolean): void => void (isOn = isWanted);
export const isTracing = (): boolean => isOn;

export interface SpanSettings {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Left out, it is the span that is active here. */
  readonly parent?: Context;
  readonly links?: readonly Link[];
}

/** Runs `work` in a span of its own; what it throws is on the span, and thrown on. */
export async function inSpan<T>(
  name: string,
  { parent = context.active(), kind, attributes, links }: SpanSettings,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (!isOn) return work(undefined);
  const settings = { kind, attributes, links: [...(links ?? [])] };
  const span = trace.getTracer(TRACER).startSpan(name, settings, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

/** Spans have only the names of errors: messages may quote what somebody sent. */
const nameOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? 'error');
};

/** W3C's header for the span that is active here; undefined if there is none that is kept. */
export function activeTraceparent(): string | undefined {
  if (!isOn) return undefined;
  const activeSpan = trace.getActiveSpan();
  if (!activeSpan?.isRecording()) return undefined;
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** What goes on by itself was begun by whichever request came first, and is no part of that. */
export const outsideTraces = <T>(work: () => T): T =>
  isOn ? context.with(ROOT_CONTEXT, work) : work();

/** The span of such a header is the active one there. */
export const contextOf = (traceparent: string): Context =>
  propagation.extract(ROOT_CONTEXT, { traceparent });

export const contextOfHeaders = <T>(headers: T, getter?: TextMapGetter<T>): Context =>
  propagation.extract(ROOT_CONTEXT, headers, getter);

export function linkTo(traceparent: string): Link[] {
  const spanContext = trace.getSpanContext(contextOf(traceparent));
  return spanContext ? [{ context: spanContext }] : [];
}
