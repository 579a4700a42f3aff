/** A server span for each HTTP request, around whichever route takes it. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { contextOfHeaders, isTracing } from './spans';

/**
 * The caller's `traceparent` is continued. Of the address only the route is told: the rest may have
 * a signed link's token.
 */
export function withRequestSpans(listener: RequestListener): RequestListener {
  if (!isTracing()) return listener;
  const tracer = trace.getTracer('tollkeeper');
  return (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const [path = '/'] = url.split('?');
    const parent = contextOfHeaders(request.headers);
    const span = tracer.startSpan(
      method,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method } },
      parent,
    );
    response.once('close', () => {
      const route = routeOf(request) ?? knownPath(path);
      if (route !== undefined) {
        span.setAttribute('http.route', route);
        span.updateName(`${method} ${route}`);
      }
      const { statusCode, writableFinished } = response;
      span.setAttribute('http.response.status_code', statusCode);
      if (statusCode >= 500 || !writableFinished) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    context.with(trace.setSpan(parent, span), () => listener(request, response));
  };
}

/** Paths of routes that Express does not have. Any other may hold whatever somebody sent. */
const knownPath = (path: string): string | undefined => {
  if (['/v1/usage', '/api/v1/events', '/otlp/v1/traces'].includes(path)) return path;
  const [, provider] = /^\/(openai\/v1|anthropic\/v1|upstreams)\//.exec(path) ?? [];
  return provider && `/${provider}/*`;
};

/** Express found it so: /v1/customers/:customer. */
const routeOf = (request: IncomingMessage): string | undefined => {
  const { route } = request as IncomingMessage & { route?: { path?: unknown } };
  return typeof route?.path === 'string' ? route.path : undefined;
};

/** Which problem it was answered with. */
export function tellProblem(code: string): void {
  if (isTracing()) trace.getActiveSpan()?.setAttribute('error.type', code);
}
