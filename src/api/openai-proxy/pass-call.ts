/** One call of a model: whose it is, what is sent to the provider, and what its answer used. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { DomainError } from '../../core/errors';
import { API_KEY_PREFIX } from '../../db/api-keys';
import type { ApiKey } from '../../db/api-keys';
import { isEventStream } from '../../sdk/answer-kind';
import { watchCall } from '../../sdk/call-usage';
import type { CallUsage, CallWatch } from '../../sdk/call-usage';
import { askingForUsage, callOf, isStreamAsked, modelInPath } from '../../sdk/metered-call';
import { refusesUsage } from '../../sdk/metered-call';
import type { Endpoint, MeteredCall } from '../../sdk/metered-call';
import { meteredEvent, modelOf } from '../../sdk/metered-event';
import { recordMetered } from '../../sdk/record-metered';
import type { UsageRecorder } from '../../sdk/usage-recorder';
import { usageFilter } from '../../sdk/usage-filter';
import { readUpload } from './form-model';
import { headersToProvider } from './headers';
import { watchMade } from './own-responses';
import type { OwnResponses } from './own-responses';
import type { Pacer } from './pacer';
import { passMetered, passUnread, typeOf } from './pass-answer';
import type { Metering } from './pass-answer';
import { readBody, readRequest, requireUncompressed } from './read-body';
import { NO_BODY, readRequestJson } from './request-json';
import { requirePassing, targetOf } from './target';
import type { Target } from './target';
import type { Upstream } from './upstream';

/** A disk that takes longer may lose usage in a power cut, but holds up no answer. */
const RECORD_MS_MAX = 1_000;
/** So long the usage of an answer is waited for whose text its caller has read. */
const USAGE_WAIT_MS = 1_000;

export interface Proxy {
  readonly upstream: Upstream;
  readonly recorder: UsageRecorder;
  readonly upstreamUrl: string;
  /** We send ours instead of the caller's. */
  readonly upstreamKey: string | undefined;
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
  const customer = payerOf(proxy, caller);
  const { url = '', method = 'GET' } = request;
  const target = targetOf(url, method, proxy.upstreamUrl);
  requirePassing(target, proxy);
  if (target.endpoint !== undefined && method === 'GET')
    await proxy.ownResponses?.require({ customer, id: lastPartOf(target.url) });
  const gone = () => response.writableFinished || hangUp.abort();
  response.once('close', gone);
  const headers = headersToProvider(request.headers, { ...caller, upstreamKey: proxy.upstreamKey });
  if (target.endpoint !== undefined && method === 'POST')
    await proxy.pacer.take(customer, { response, signal: hangUp.signal });
  const send = (body: Buffer | Readable, more: OutgoingHttpHeaders = {}) =>
    proxy.upstream.send({
      ...target,
      headers: { ...headers, ...more },
      body,
      signal: hangUp.signal,
    });
  const { endpoint } = target;
  if (endpoint === undefined) {
    const answer = await send(request);
    return passUnread(answer, answer, response);
  }
  const requireMayAsk = async (body: Readonly<Record<string, unknown>>, { model }: MeteredCall) => {
    if (endpoint === 'responses') await proxy.ownResponses?.requireIn(customer, body);
    if (method === 'POST') proxy.requireModel?.(model || String(body.model ?? ''));
  };
  const exchange = await ask({ ...target, endpoint }, caller, { send, requireMayAsk });
  const { answer } = exchange;
  if (!isGood(answer)) return passUnread(answer, exchange.body, response);
  response.off('close', gone);
  const { watch, ...metering } = meteringOf(proxy, customer, exchange, hangUp.signal);
  const leaving = metering.mayBeStream ? hangUpWhenLeft(response, watch, hangUp) : undefined;
  await passMetered(answer, response, metering).finally(leaving);
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

interface Asked {
  readonly call: MeteredCall;
  readonly answer: IncomingMessage;
  /** The body of the answer, if it is not a good one. */
  readonly body: Readable;
  readonly hidesUsage: boolean;
}

interface Steps {
  readonly send: Send;
  requireMayAsk(body: Readonly<Record<string, unknown>>, call: MeteredCall): Promise<void>;
}

type Send = (body: Buffer | Readable, more?: OutgoingHttpHeaders) => Promise<IncomingMessage>;

const isGood = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 200 && statusCode < 300;

/** The request as the caller made it, except that a stream is asked for its usage. */
async function ask(
  { endpoint, method, url }: Target & { endpoint: Endpoint },
  { request, key }: Pick<Caller, 'request' | 'key'>,
  { send, requireMayAsk }: Steps,
): Promise<Asked> {
  // What is read here has to come as it is.
  const plainHeaders = { 'accept-encoding': 'identity' };
  const isUpload = /^multipart\//i.test(request.headers['content-type'] ?? '');
  if (isUpload && (endpoint === 'audio' || endpoint === 'images')) {
    requireUncompressed(request);
    const upload = readUpload(request);
    const answer = await send(upload.body, plainHeaders);
    const call = callOf(endpoint, method, {}, upload.model() ?? modelInPath(url.pathname));
    return { call, answer, body: answer, hidesUsage: false };
  }
  const sentBody = await readRequest(request, key.id);
  const { text, body } = method === 'GET' ? NO_BODY : readRequestJson(sentBody, request.headers);
  const call = callOf(endpoint, method, body, modelInPath(url.pathname));
  await requireMayAsk(body, call);
  const sendBody = (body: Buffer) =>
    send(body, { ...plainHeaders, ...(method !== 'GET' && { 'content-length': body.length }) });
  const askingBody = askingForUsage(call, text);
  const answer = await sendBody(askingBody === undefined ? sentBody : Buffer.from(askingBody));
  if (askingBody === undefined || (answer.statusCode !== 400 && answer.statusCode !== 422))
    return { call, answer, body: answer, hidesUsage: askingBody !== undefined };
  const refusal = await readBody(answer);
  // A provider that does not know it gets the request as the app made it.
  const isUnknown = refusesUsage(refusal.toString('utf8'));
  const secondAnswer = isUnknown ? await sendBody(sentBody) : answer;
  const answerBody = isUnknown ? secondAnswer : Readable.from([refusal]);
  return { call, answer: secondAnswer, body: answerBody, hidesUsage: false };
}

function meteringOf(
  { recorder, ownResponses }: Proxy,
  customer: string,
  { answer, call, hidesUsage }: Asked,
  signal: AbortSignal,
): Metering & { readonly watch: CallWatch } {
  const callId = randomUUID();
  const requestId = answer.headers['x-request-id'];
  const request = typeof requestId === 'string' ? requestId : undefined;
  const ids = { from: 'call', proxied: callId, request } as const;
  let record: Promise<void> = Promise.resolve();
  const settle = (usage: CallUsage) => {
    const model = modelOf(call, usage.model);
    record = inTime(
      recordMetered(recorder, () => meteredEvent(recorder, call, usage, { ids, customer, model })),
    );
  };
  let noting: Promise<void> = Promise.resolve();
  const bareWatch = watchCall(call, settle, (error) => recorder.report(error));
  const isMade = ownResponses !== undefined && call.endpoint === 'responses' && !call.isLookup;
  const watch = isMade
    ? watchMade(bareWatch, (id) => (noting = inTime(ownResponses.note({ customer, id }))))
    : bareWatch;
  return {
    ...{ callId, watch },
    filter: usageFilter(typeOf(answer), { watch, hidesUsage }),
    mayBeStream: isEventStream(typeOf(answer)) || isStreamAsked(call),
    recorded: async () => void (await Promise.all([record, noting])),
    signal,
  };
}

function inTime(recording: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, RECORD_MS_MAX);
    void recording.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const lastPartOf = ({ pathname }: URL): string =>
  decodeURIComponent(pathname.replace(/\/$/, '').split('/').at(-1) ?? '');

/** Throttled or unpaid, everybody is served, if slower: whose subscription ended is not billed. */
function payerOf({ upstreamKey }: Proxy, { key, secret }: Caller): string {
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
      "the provider's to use instead (OPENAI_UPSTREAM_API_KEY). Register the provider's own by " +
      'tollkeeper keys create --existing.',
  );
}
