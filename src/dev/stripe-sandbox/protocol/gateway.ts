/** One HTTP request of the Stripe API: key, fault, idempotency, parameters, handler, answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { newId } from '../identifiers';
import type { Fault, Faults } from '../faults';
import { refusalOf } from '../faults';
import { API_VERSION } from '../world';
import type { World } from '../world';
import { expand } from './expand';
import { StripeFault } from './fault';
import { parseForm } from './form';
import { fingerprintOf } from './idempotency';
import type { Answer, Idempotency } from './idempotency';
import { match } from './router';
import type { Route } from './router';

export interface Gateway {
  world: World;
  routes: readonly Route[];
  faults: Faults;
  idempotency: Idempotency;
  flush: () => void;
}

/** Kept for its idempotency key once execution had begun; an ordered refusal never began. */
type Outcome = Answer & { isKept: boolean };

export async function answerStripeCall(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const requestId = newId('req').slice(0, 18);
  response.setHeader('request-id', requestId);
  response.setHeader('stripe-version', request.headers['stripe-version'] ?? API_VERSION);
  response.setHeader('content-type', 'application/json');
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const method = request.method ?? 'GET';
  const fault = gateway.faults.take(method, url.pathname);
  const key = method === 'POST' ? header(request, 'idempotency-key') : undefined;
  if (key !== undefined) response.setHeader('idempotency-key', key);
  const answer = await underKey(gateway, response, key, { method, url, body }, async () => {
    assertTestKey(request);
    if (fault?.delayMs) await sleep(fault.delayMs);
    const refusal = fault && refusalOf(fault);
    if (refusal) throw refusal;
    return execute(gateway, { method, url, body, requestId, key });
  });
  gateway.flush();
  give(response, answer, fault);
}

interface Asked {
  method: string;
  url: URL;
  body: string;
}

async function underKey(
  gateway: Gateway,
  response: ServerResponse,
  key: string | undefined,
  { method, url, body }: Asked,
  run: () => Promise<Outcome>,
): Promise<Answer> {
  if (key === undefined) return run().catch(failure);
  const fingerprint = fingerprintOf(method, url.pathname, body);
  try {
    const replayed = gateway.idempotency.begin(key, fingerprint);
    if (replayed) {
      response.setHeader('idempotent-replayed', 'true');
      return replayed;
    }
  } catch (error) {
    return failure(error);
  }
  const outcome = await run().catch(failure);
  const answer = { status: outcome.status, body: outcome.body };
  if (outcome.isKept) gateway.idempotency.finish(key, fingerprint, answer);
  else gateway.idempotency.abandon(key);
  return answer;
}

async function execute(
  gateway: Gateway,
  call: Asked & { requestId: string; key: string | undefined },
): Promise<Outcome> {
  const { world, flush } = gateway;
  const found = match(gateway.routes, call.method, call.url.pathname);
  if (!found) {
    throw new StripeFault(404, {
      type: 'invalid_request_error',
      message:
        `Unrecognized request URL (${call.method}: ${call.url.pathname}). ` +
        'The sandbox does not have it: see its README.',
    });
  }
  const query = call.url.search.slice(1);
  const encoded = call.method === 'POST' ? [query, call.body].filter(Boolean).join('&') : query;
  const { expand: paths, ...params } = found.route.check(parseForm(encoded));
  try {
    world.cause = { id: call.requestId, idempotency_key: call.key ?? null };
    let result: unknown;
    try {
      result = found.route.handle({ world, params, path: found.path, flush });
    } finally {
      world.cause = { id: null, idempotency_key: null };
    }
    const shown = await result;
    expand(world, shown, (paths as string[] | undefined) ?? []);
    return { status: 200, body: JSON.stringify(shown, null, 2), isKept: true };
  } catch (error) {
    // Execution had begun, so the failure is this key's outcome; a 429 never is.
    const outcome = failure(error);
    return { ...outcome, isKept: outcome.status !== 429 };
  }
}

function failure(error: unknown): Outcome {
  if (error instanceof StripeFault) {
    const body = JSON.stringify({ error: error.body }, null, 2);
    return { status: error.status, body, isKept: false };
  }
  console.error('stripe-sandbox: a request failed by a defect of the sandbox:', error);
  const message = `The sandbox failed: ${String(error)}`;
  const body = JSON.stringify({ error: { type: 'api_error', message } });
  return { status: 500, body, isKept: false };
}

function assertTestKey(request: IncomingMessage): void {
  const authorization = header(request, 'authorization') ?? '';
  const [scheme, value = ''] = authorization.split(' ');
  const isBasic = scheme?.toLowerCase() === 'basic';
  const key = isBasic ? Buffer.from(value, 'base64').toString().split(':')[0] : value;
  if (key?.startsWith('sk_test_')) return;
  const shown = key ? `${key.slice(0, 8)}…` : 'none';
  throw new StripeFault(401, {
    type: 'invalid_request_error',
    message: `Invalid API Key provided: ${shown}. The sandbox takes keys that begin with sk_test_.`,
  });
}

function give(response: ServerResponse, answer: Answer, fault: Fault | null): void {
  if (fault?.mode === 'after_apply_timeout') {
    // Nobody answers: the client's own timeout, or its patience, ends it.
    return;
  }
  if (fault?.mode === 'cut') {
    response.writeHead(answer.status, { 'content-length': Buffer.byteLength(answer.body) });
    response.write(answer.body.slice(0, Math.floor(answer.body.length / 2)));
    setTimeout(() => response.destroy(), 5);
    return;
  }
  response.writeHead(answer.status);
  response.end(answer.body);
}

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
