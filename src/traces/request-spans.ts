/** A server span for each HTTP request, around whichever route takes it. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { contextOfHeaders, isTracing } from './spans';

/**
 * The caller's `traceparent` is continued. Of the address only the path is told: a query may have
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
      `${method} ${path}`,
      { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'url.path': path } },
      parent,
    );
    response.once('close', () => {
      const route = routeOf(request);
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

/** As Express found it: /v1/customers/:customer. */
const routeOf = (request: IncomingMessage): string | undefined => {
  const { route } = request as IncomingMessage & { route?: { path?: unknown } };
  return typeof route?.path === 'string' ? route.path : undefined;
};

/** Which problem it was answered with. */
export function tellProblem(code: string): void {
  if (isTracing()) trace.getActiveSpan()?.setAttribute('error.type', code);
}
