/** One HTTP request of the Stripe API: key, fault, idempotency, parameters, handler, answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { refusalOf, takeFault } from '../faults';
import { newId } from '../identifiers';
import { API_VERSION } from '../world';
import type { World } from '../world';
import { assertCaller, assertVersion, header } from './credentials';
import { expand } from './expand';
import { StripeFault } from './fault';
import { formOfJson, parseForm } from './form';
import type { Form } from './form';
import { adviseRetry, give } from './giving';
import { fingerprintOf } from './idempotency';
import type { Answer, Idempotency } from './idempotency';
import { accountInHeader, assertAccount, scopedKey } from './on-behalf';
import { match } from './router';
import type { Route } from './router';
import type { Fault } from '../objects-own';

export interface Gateway {
  world: World;
  routes: readonly Route[];
  idempotency: Idempotency;
  flush: () => void;
}

/** Kept for its idempotency key once execution had begun; an ordered refusal never began. */
type Outcome = Answer & { isKept: boolean };

/** Modes in which the call is never executed nor answered. */
const SILENT_MODES: ReadonlySet<string> = new Set(['before_timeout', 'cut_before']);

interface Asked {
  method: string;
  url: URL;
  body: string;
  account: string | undefined;
  version: string | undefined;
  origin: string;
}

interface Doing {
  /** What may refuse before anything is executed, or an old outcome is given again. */
  before: () => Promise<void>;
  run: () => Promise<Outcome>;
}

export async function answerStripeCall(
  gateway: Gateway,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const { world } = gateway;
  const requestId = newId('req').slice(0, 18);
  const version = header(request, 'stripe-version');
  const url = new URL(request.url ?? '/', 'http://sandbox');
  const method = request.method ?? 'GET';
  const key = method === 'POST' ? header(request, 'idempotency-key') : undefined;
  response.setHeader('request-id', requestId);
  response.setHeader('stripe-version', version ?? API_VERSION);
  response.setHeader('content-type', 'application/json');
  if (key !== undefined) response.setHeader('idempotency-key', key);
  const parameters = decoded(`${url.search.slice(1)}&${body}`);
  const fault = takeFault(world, { method, path: url.pathname, parameters });
  if (fault && SILENT_MODES.has(fault.mode)) {
    await stayAway(gateway, response, fault);
    return;
  }
  const account = accountInHeader(request);
  const origin = `http://${header(request, 'host') ?? 'sandbox'}`;
  world.origin = origin;
  const call = { method, url, body, account, version, origin };
  const answer = await underKey(
    gateway,
    response,
    { key: scopedKey(key, account), requestId, ...call },
    {
      before: async () => {
        assertCaller(world, request, url.pathname);
        assertVersion(version);
        await meet(fault);
      },
      run: () => execute(gateway, { ...call, requestId, key }),
    },
  );
  if (answer.status >= 400) adviseRetry(response, fault?.shouldRetry ?? null);
  gateway.flush();
  world.record({
    kind: 'call',
    method,
    path: url.pathname + url.search,
    body,
    contentType: header(request, 'content-type') ?? null,
    version: version ?? null,
    userAgent: header(request, 'user-agent') ?? null,
    status: answer.status,
    answer: answer.body,
  });
  give(response, answer, fault);
}

async function stayAway(gateway: Gateway, response: ServerResponse, fault: Fault): Promise<void> {
  gateway.flush();
  await sleep(fault.delayMs);
  if (fault.mode === 'cut_before') response.destroy();
}

async function meet(fault: Fault | null): Promise<void> {
  if (!fault) return;
  if (fault.delayMs > 0) await sleep(fault.delayMs);
  const refusal = refusalOf(fault);
  if (refusal) throw refusal;
}

async function underKey(
  gateway: Gateway,
  response: ServerResponse,
  { key, requestId, method, url, body }: Asked & { key: string | undefined; requestId: string },
  { before, run }: Doing,
): Promise<Answer> {
  const whole = (): Promise<Outcome> => before().then(run).catch(failure);
  if (key === undefined) return whole();
  const fingerprint = fingerprintOf(method, url.pathname, `${url.search}\n${body}`);
  try {
    const keptAnswer = gateway.idempotency.begin(key, fingerprint);
    if (keptAnswer) {
      await before();
      response.setHeader('idempotent-replayed', 'true');
      response.setHeader('original-request', keptAnswer.requestId);
      if (keptAnswer.status >= 400) adviseRetry(response, false);
      return keptAnswer;
    }
  } catch (error) {
    return failure(error);
  }
  const outcome = await whole();
  const answer = { status: outcome.status, body: outcome.body };
  response.setHeader('original-request', requestId);
  if (!outcome.isKept) gateway.idempotency.abandon(key);
  else {
    gateway.idempotency.finish(key, fingerprint, { ...answer, requestId });
    if (answer.status >= 400) adviseRetry(response, false);
  }
  return answer;
}

async function execute(
  gateway: Gateway,
  call: Asked & { requestId: string; key: string | undefined },
): Promise<Outcome> {
  const { world, flush } = gateway;
  const isSearch = call.url.pathname.endsWith('/search');
  const routeMatch = isSearch ? null : match(gateway.routes, call.method, call.url.pathname);
  if (!routeMatch) {
    throw new StripeFault(404, {
      type: 'invalid_request_error',
      message:
        `Unrecognized request URL (${call.method}: ${call.url.pathname}). ` +
        'The sandbox does not have it: see its README.',
    });
  }
  assertAccount(world, call.account, routeMatch.route);
  const { expand: paths, ...params } = routeMatch.route.check(formOf(call));
  try {
    world.traffic.executing += 1;
    world.cause = { id: call.requestId, idempotency_key: call.key ?? null };
    let result: unknown;
    try {
      const { account, version, origin } = call;
      const { path } = routeMatch;
      result = routeMatch.route.handle({ world, params, path, flush, account, version, origin });
    } finally {
      world.cause = { id: null, idempotency_key: null };
    }
    const answerBody = await result;
    expand(world, answerBody, (paths as string[] | undefined) ?? []);
    return { status: 200, body: JSON.stringify(answerBody, null, 2), isKept: true };
  } catch (error) {
    // Execution had begun, so the failure is this key's outcome; a 429 never is.
    const outcome = failure(error);
    return { ...outcome, isKept: outcome.status !== 429 };
  } finally {
    world.traffic.executing -= 1;
  }
}

/** Version 1 takes forms, version 2 takes JSON; both take their queries encoded as forms. */
function formOf({ method, url, body }: Asked): Form {
  const query = url.search.slice(1);
  if (method !== 'POST') return parseForm(query);
  if (url.pathname.startsWith('/v2/')) return { ...parseForm(query), ...formOfJson(body) };
  return parseForm([query, body].filter(Boolean).join('&'));
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

function decoded(parameters: string): string {
  try {
    return decodeURIComponent(parameters);
  } catch {
    return parameters;
  }
}
