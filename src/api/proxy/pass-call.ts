/** One call of a model: whose it is, what is sent to the provider, and what its answer used. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { CallWatch } from '../../sdk/call-usage';
import type { MeteredCall } from '../../sdk/metered-call';
import { batchErrandOf } from './batches/batch-errand';
import { passBatch } from './batches/pass-batch';
import { payerOf } from './caller';
import type { Caller, Proxy } from './caller';
import { askProvider, isGood } from './ask-provider';
import type { Send } from './ask-provider';
import { meteringOf } from './meter-answer';
import { passMetered, passUnread } from './pass-answer';
import { headersToProvider } from './request/headers';
import { requirePassing, targetOf } from './request/target';
import type { Target } from './request/target';

/** So long the usage of an answer is waited for whose text its caller has read. */
const USAGE_WAIT_MS = 1_000;

/** What is counted is read as a whole. */
const PARTIAL = ['range', 'if-range', 'if-none-match', 'if-modified-since', 'if-match'];

export async function passCall(proxy: Proxy, caller: Caller): Promise<void> {
  const { request, response, hangUp } = caller;
  // Gone while the key was looked up.
  if (response.destroyed) return;
  const customer = payerOf(proxy.route, caller);
  const { url = '', method = 'GET' } = request;
  const target = targetOf(url, method, proxy.route);
  const errand = batchErrandOf(target, proxy.route.dialect);
  requirePassing(target, proxy, errand !== undefined);
  if (target.endpoint !== undefined && method === 'GET')
    await proxy.ownResponses?.require({ customer, id: lastPartOf(target.url) });
  const gone = () => response.writableFinished || hangUp.abort();
  response.once('close', gone);
  if ((target.endpoint !== undefined && method === 'POST') || errand?.kind === 'make')
    await proxy.pacer.take(customer, { response, signal: hangUp.signal });
  const send = sendingTo(proxy, caller, target, errand?.kind === 'results' ? PARTIAL : []);
  if (errand) {
    const isShared = proxy.ownResponses !== undefined;
    const letGo = () => void response.off('close', gone);
    return passBatch(proxy, errand, { customer, caller, send, isShared, letGo });
  }
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
function sendingTo(
  { route, upstream }: Proxy,
  { request, secret, hangUp }: Caller,
  target: Target,
  droppedNames: readonly string[],
): Send {
  const headers = headersToProvider(request.headers, { ...route, secret });
  for (const name of droppedNames) delete headers[name];
  const { signal } = hangUp;
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
