/** A client span for each call to Stripe: what for, how it ended, and under which keys. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { inSpan, isTracing } from './spans';

export interface StripeCall {
  readonly method: string;
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  /** It is form-encoded, or JSON for /v2. */
  readonly body: string;
}

export interface StripeAnswer {
  readonly status: number;
  readonly requestId: string | undefined;
}

/** Nothing of the body is told but a meter event's identifier, by which Stripe counts it once. */
export async function inStripeSpan<T>(
  { method, path, idempotencyKey, body }: StripeCall,
  work: () => Promise<T>,
  answerOf: (answer: T) => StripeAnswer,
): Promise<T> {
  if (!isTracing()) return work();
  const template = templateOf(path);
  const attributes = {
    'http.request.method': method,
    'url.template': template,
    'stripe.idempotency_key': idempotencyKey,
    'stripe.meter_event.identifier': identifierIn(template, body),
  };
  return inSpan(`${method} ${template}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const answer = await work();
    const { status, requestId } = answerOf(answer);
    span?.setAttributes({ 'http.response.status_code': status, 'stripe.request_id': requestId });
    if (status >= 400) span?.setStatus({ code: SpanStatusCode.ERROR });
    return answer;
  });
}

/** Ids out of it: /v1/invoices/{id}. They have a digit or a capital, which no name has. */
export const templateOf = (path: string): string =>
  (path.split('?')[0] ?? path).replace(
    /\/[a-z]+(_[a-z]+)*_(?=[a-z]*[A-Z0-9])[A-Za-z0-9]+(?=\/|$)/g,
    '/{id}',
  );

function identifierIn(template: string, body: string): string | undefined {
  if (template !== '/v1/billing/meter_events') return undefined;
  return new URLSearchParams(body).get('identifier') ?? undefined;
}
