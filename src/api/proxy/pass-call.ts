/** One call of a model: whose it is, what is sent to the provider, and what its answer used. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { DomainError } from '../../core/errors';
import { API_KEY_PREFIX } from '../../db/api-keys';
import type { ApiKey } from '../../db/api-keys';
import type { CallWatch } from '../../sdk/call-usage';
import type { MeteredCall } from '../../sdk/metered-call';
import type { UsageRecorder } from '../../sdk/usage-recorder';
import { askProvider, isGood } from './ask-provider';
import type { Send } from './ask-provider';
import { meteringOf } from './meter-answer';
import type { OwnResponses } from './own-responses';
import type { Pacer } from './pacer';
import { passMetered, passUnread } from './pass-answer';
import { headersToProvider } from './request/headers';
import { requirePassing, targetOf } from './request/target';
import type { Target } from './request/target';
import type { Route } from './route';
import type { Upstream } from './upstream';

/** So long the usage of an answer is waited for whose text its caller has read. */
const USAGE_WAIT_MS = 1_000;

export interface Proxy {
  readonly route: Route;
  readonly upstream: Upstream;
  readonly recorder: UsageRecorder;
  /** What is not metered goes on, too, with our key. */
  readonly passesAll: boolean;
  /** Throws for a model that is not passed on; undefined: all are. */
  readonly requireModel: ((model: string) => void) | undefined;
  readonly pacer: Pacer;
  /** undefined: whoever calls may read whatever their key at the provider may. */
  readonly ownResponses: OwnResponses | undefined;
}

export interface Caller {
  readonly key: ApiKey;
  readonly secret: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Ends what goes on at the provider. */
  readonly hangUp: AbortController;
}

export async function passCall(proxy: Proxy, caller: Caller): Promise<void> {
  const { request, response, hangUp } = caller;
  // Gone while the key was looked up.
  if (response.destroyed) return;
  const customer = payerOf(proxy.route, caller);
  const { url = '', method = 'GET' } = request;
  const target = targetOf(url, method, proxy.route);
  requirePassing(target, proxy);
  if (target.endpoint !== undefined && method === 'GET')
    await proxy.ownResponses?.require({ customer, id: lastPartOf(target.url) });
  const gone = () => response.writableFinished || hangUp.abort();
  response.once('close', gone);
  if (target.endpoint !== undefined && method === 'POST')
    await proxy.pacer.take(customer, { response, signal: hangUp.signal });
  const send = sendingTo(proxy, caller, target);
  const { endpoint } = target;
  if (endpoint === undefined) {
    const answer = await send(request);
    return passUnread(answer, answer, response);
  }
  const requireMayAsk = async (body: Readonly<Record<string, unknown>>, { model }: MeteredCall) => {
    if (endpoint === 'responses') await proxy.ownResponses?.requireIn(customer, body);
    if (method === 'POST') proxy.requireModel?.(model || String(body.model ?? ''));
  };
  const asking = { request, owner: caller.key.id };
  const exchange = await askProvider({ ...target, endpoint }, asking, { send, requireMayAsk });
  const { answer } = exchange;
  if (!isGood(answer)) return passUnread(answer, exchange.body, response);
  response.off('close', gone);
  const { watch, ...metering } = meteringOf(proxy, customer, exchange, hangUp.signal);
  const leaving = metering.mayBeStream ? hangUpWhenLeft(response, watch, hangUp) : undefined;
  await passMetered(answer, response, metering).finally(leaving);
}

/** It sends what it is given where the request wanted to go, with the key that is meant for it. */
function sendingTo({ route, upstream }: Proxy, caller: Caller, target: Target): Send {
  const headers = headersToProvider(caller.request.headers, { ...route, secret: caller.secret });
  const { signal } = caller.hangUp;
  return (body: Buffer | Readable, more: OutgoingHttpHeaders = {}) =>
    upstream.send({ ...target, headers: { ...headers, ...more }, body, signal });
}

/** A stream that its caller leaves is ended, at once or when its usage has come. */
function hangUpWhenLeft(response: ServerResponse, watch: CallWatch, hangUp: AbortController) {
  let timer: NodeJS.Timeout | undefined;
  const left = () => {
    if (response.writableFinished) return;
    if (watch.awaitsUsage()) timer = setTimeout(() => hangUp.abort(), USAGE_WAIT_MS);
    else hangUp.abort();
  };
  if (response.destroyed) left();
  else response.once('close', left);
  return () => {
    response.off('close', left);
    clearTimeout(timer);
  };
}

const lastPartOf = ({ pathname }: URL): string =>
  decodeURIComponent(pathname.replace(/\/$/, '').split('/').at(-1) ?? '');

/** Throttled or unpaid, everybody is served, if slower: whose subscription ended is not billed. */
export function payerOf(
  { upstreamKey, keySetting }: Route,
  { key, secret }: Pick<Caller, 'key' | 'secret'>,
): string {
  const { customer, billingStatus } = key;
  if (customer === null) throw new DomainError('forbidden', 'The API key is of no customer.');
  if (billingStatus === 'ended') {
    const message = `The subscription of ${customer} has ended: no model is called for it.`;
    throw new DomainError('subscription_ended', message);
  }
  if (upstreamKey !== undefined || !secret.startsWith(API_KEY_PREFIX)) return customer;
  throw new DomainError(
    'forbidden',
    'The provider would not know this API key: it was made by Tollkeeper, which has no key of ' +
      `the provider's to use instead (${keySetting}). Register the provider's own by ` +
      'tollkeeper keys create --existing.',
  );
}
