/**
 * The only `new Stripe`: one pinned API version, no retries of the SDK's own, a reachable sandbox.
 */
import Stripe from 'stripe';
import { DomainError } from '../core/errors';
import { inStripeSpan } from '../traces/stripe-spans';
import type { CallPace } from './call-pace';

/**
 * The shape that all our code and fixtures are written for. Webhook endpoints are created with it
 * too, and events of another version are refused.
 */
export const STRIPE_API_VERSION = '2026-10-28.endive';

const TIMEOUT_MS = 25_000;

/** `error.type` of an answer that some proxy or outage page gave in Stripe's stead. */
export const NO_ERROR_BODY = 'no_error_body';

/**
 * forbidden is 401 and 403, refused other 4xx, limited 429, failed 5xx; unreachable gave no answer.
 */
export type StripeCallOutcome =
  'ok' | 'forbidden' | 'refused' | 'limited' | 'failed' | 'unreachable';
export type StripeCallObserver = (outcome: StripeCallOutcome, seconds: number) => void;

export function createStripe(options: {
  secretKey: string;
  apiBase?: string;
  onCall?: StripeCallObserver;
  /** Absent: calls leave as they come. */
  pace?: CallPace;
}): Stripe {
  return new Stripe(options.secretKey, {
    apiVersion: STRIPE_API_VERSION,
    appInfo: { name: 'Tollkeeper' },
    // Temporal retries, with the same idempotency key and a deadline it can show. The SDK still
    // repeats once what a closed connection interrupted; our keys make that harmless.
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: TIMEOUT_MS,
    httpClient: traced(paced(httpClient(options.onCall), options.pace)),
    ...(options.apiBase && endpoint(options.apiBase)),
  });
}

/** Refuses an answer that is not the object asked for, before anything is read from it. */
export function assertObject<T extends { readonly object: string }>(
  answer: T,
  objectName: T['object'],
): asserts answer is T {
  const object: unknown = answer?.object;
  if (object !== objectName) {
    throw new DomainError(
      'stripe_error',
      `Stripe answered with object ${JSON.stringify(object)}: expected ${JSON.stringify(objectName)}. ` +
        'Is STRIPE_API_BASE really a Stripe API?',
    );
  }
}

function endpoint(apiBase: string): { protocol: 'http' | 'https'; host: string; port: string } {
  const url = new URL(apiBase);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DomainError(
      'stripe_error',
      `STRIPE_API_BASE is ${apiBase}: expected an http:// or https:// URL.`,
    );
  }
  const protocol = url.protocol === 'https:' ? 'https' : 'http';
  return { protocol, host: url.hostname, port: url.port || (protocol === 'https' ? '443' : '80') };
}

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;
/** The same client, but for the way in which it asks. */
const asking = (client: HttpClient, makeRequest: HttpClient['makeRequest']): HttpClient => ({
  getClientName: () => client.getClientName(),
  makeRequest,
});

type HttpResponse = Awaited<ReturnType<HttpClient['makeRequest']>>;

function observed(client: HttpClient, onCall: StripeCallObserver = () => undefined): HttpClient {
  return asking(client, async (...request) => {
    const startMs = performance.now();
    const tell = (outcome: StripeCallOutcome) =>
      onCall(outcome, (performance.now() - startMs) / 1000);
    try {
      const response = await client.makeRequest(...request);
      tell(outcomeOf(response.getStatusCode()));
      return response;
    } catch (error) {
      tell('unreachable');
      throw error;
    }
  });
}

const httpClient = (onCall?: StripeCallObserver): HttpClient =>
  observed(withErrorBodies(Stripe.createNodeHttpClient()), onCall);

function paced(client: HttpClient, pace: CallPace | undefined): HttpClient {
  if (pace === undefined) return client;
  return asking(client, async (...request) => {
    const [, , path] = request;
    await pace.turn(path);
    return client.makeRequest(...request);
  });
}

function traced(client: HttpClient): HttpClient {
  return asking(client, (...request) => {
    const [, , path, method, headers, body] = request;
    const idempotencyKey = headerOf(headers as Headers, 'idempotency-key');
    return inStripeSpan(
      { method, path, idempotencyKey, body: String(body ?? '') },
      () => client.makeRequest(...request),
      (answer) => ({
        status: answer.getStatusCode(),
        requestId: headerOf(answer.getHeaders() as Headers, 'request-id'),
      }),
    );
  });
}

type Headers = Readonly<Record<string, unknown>>;

function headerOf(headers: Headers, name: string): string | undefined {
  const header = Object.entries(headers).find(([each]) => each.toLowerCase() === name);
  return header === undefined ? undefined : String(header[1]);
}

function outcomeOf(status: number): StripeCallOutcome {
  if (status < 400) return 'ok';
  if (status === 429) return 'limited';
  if (status === 401 || status === 403) return 'forbidden';
  return status < 500 ? 'refused' : 'failed';
}

/**
 * The SDK resolves a non-2xx answer whose JSON has no `error` as if it were the object, and loses
 * the status of one that is not JSON at all. Both get an error body here, so that they reject with
 * their status.
 */
function withErrorBodies(client: HttpClient): HttpClient {
  return asking(client, async (...request) => withErrorBody(await client.makeRequest(...request)));
}

function withErrorBody(response: HttpResponse): HttpResponse {
  const status = response.getStatusCode();
  if (status < 400) return response;
  const read = () => response.toJSON() as Promise<unknown>;
  return {
    getStatusCode: () => status,
    getHeaders: () => response.getHeaders(),
    getRawResponse: () => response.getRawResponse(),
    toStream: (completed) => response.toStream(completed),
    dispose: () => response.dispose?.(),
    toJSON: async () => {
      const body = await read().catch((error: unknown) => {
        // The body was cut off: that stays a connection error. Complete but not JSON: no body.
        if (error instanceof SyntaxError) return null;
        throw error;
      });
      const hasError = typeof body === 'object' && body !== null && 'error' in body;
      return hasError
        ? body
        : {
            error: {
              type: NO_ERROR_BODY,
              message: `HTTP ${status} without a Stripe error: not answered by Stripe itself.`,
            },
          };
    },
  };
}
