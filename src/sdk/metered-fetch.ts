/**
 * A `fetch` that records what calls of models use. Whatever takes one is metered by it: clients of
 * OpenAI in any version, its Azure sister, and what is built on them.
 */
import { watchCall } from './call-usage';
import type { CallUsage } from './call-usage';
import type { TollkeeperClient } from './client';
import { CALL_HEADER, CUSTOMER_HEADER } from './headers';
import { askingForUsage, methodOf, readCall, refusesUsage, startsBatch } from './metered-call';
import type { MeteredCall } from './metered-call';
import { meteredEvent, modelOf } from './metered-event';
import type { CallId } from './metered-event';
import { isRequest, requestInit } from './metered-request';
import { meteredResponse } from './metered-response';
import { meterFailed, recordMetered } from './record-metered';
import { messageOf } from './tollkeeper-error';

export interface MeterOptions {
  readonly tollkeeper: TollkeeperClient;
  /** Who pays for a call; a function is asked as each call leaves. */
  readonly customer: string | ((call: MeteredCall) => string);
  /** The vendor that sells the calls. */
  readonly vendor?: string;
  /** The name that prices go by. Default: as asked for by the app, else as told by the provider. */
  readonly model?: (call: MeteredCall, reported: string | undefined) => string;
  /**
   * What makes the usage event's id. `call` (the default): each call is one, whatever ids a server
   * repeats. `provider`: the id of the response, for calls that something else records by it too.
   */
  readonly id?: CallId;
  /**
   * Milliseconds that a stream is read on for its usage, after the app has left it at the end of
   * its text. At most 1,000, which is the default; 0 does not wait.
   */
  readonly usageWaitMs?: number;
}

const USAGE_WAIT_MS_MAX = 1_000;

type Fetch = typeof globalThis.fetch;

/** What was metered already is metered anew, by the later word: no call is recorded twice. */
const unmetered = new WeakMap<Fetch, Fetch>();

/** What goes wrong with recording is told to `onError`, and never to the call. */
export function meteredFetch(outer: Fetch, options: MeterOptions): Fetch {
  const fetch = unmetered.get(outer) ?? outer;
  const metered: Fetch = async (input, init = {}) => {
    const appsInit = await requestInit(input, init);
    const headers = new Headers(appsInit.headers);
    const named = headers.get(CUSTOMER_HEADER);
    headers.delete(CUSTOMER_HEADER);
    const request = named === null ? init : { ...init, headers };
    const plan = planCall(isRequest(input) ? input.url : String(input), appsInit, named, options);
    if (!plan) return fetch(input, request);
    const asking = askingForUsage(plan.call, String(appsInit.body));
    const line = hangUpWith(appsInit.signal);
    const sent = { ...request, signal: line.signal };
    const response = await sendAsking(fetch, input, { sent, asking, headers });
    const hidesUsage = asking !== undefined && response.ok;
    return watched(response, { ...plan, hidesUsage, line }, appsInit, options);
  };
  unmetered.set(metered, fetch);
  return metered;
}

interface Line {
  readonly signal: AbortSignal;
  hangUp(reason: unknown): void;
  /** Who watches the answer decides when to hang up from now on. */
  letGo(): void;
}

function hangUpWith(signal: AbortSignal | null | undefined): Line {
  const own = new AbortController();
  const aborted = () => own.abort(signal?.reason);
  if (signal?.aborted) aborted();
  else signal?.addEventListener('abort', aborted, { once: true });
  return {
    signal: own.signal,
    hangUp: (reason) => own.abort(reason),
    letGo: () => signal?.removeEventListener('abort', aborted),
  };
}

interface Plan {
  readonly call: MeteredCall;
  readonly customer: string;
}

/** undefined means that nothing is to be metered, or nobody pays for it. */
function planCall(
  url: string,
  init: RequestInit,
  named: string | null,
  options: MeterOptions,
): Plan | undefined {
  try {
    const call = readCall(url, init);
    if (!call) return void tellOfBatch(new URL(url), init, options);
    const { customer } = options;
    const payer = named ?? (typeof customer === 'function' ? customer(call) : customer);
    if (typeof payer === 'string' && payer !== '') return { call, customer: payer };
    throw new Error(`the customer is ${JSON.stringify(payer)}: expected your id of one`);
  } catch (cause) {
    options.tollkeeper.report(meterFailed(`A call can't be metered: ${messageOf(cause)}`, cause));
    return undefined;
  }
}

function tellOfBatch({ pathname }: URL, init: RequestInit, { tollkeeper }: MeterOptions): void {
  if (!startsBatch(pathname, methodOf(init))) return;
  const todo = 'record what its results say by recordUsage';
  tollkeeper.report(meterFailed(`A batch (${pathname}) is not metered: ${todo}`, undefined));
}

interface Asking {
  readonly sent: RequestInit;
  readonly asking: string | undefined;
  readonly headers: Headers;
}

/** A provider that does not know `stream_options` gets the request as the app made it. */
async function sendAsking(
  send: Fetch,
  input: string | URL | Request,
  { sent, asking, headers: appsHeaders }: Asking,
): Promise<Response> {
  if (asking === undefined) return send(input, sent);
  // Version 4 of OpenAI's client says how long its own body is.
  const headers = new Headers(appsHeaders);
  headers.delete('content-length');
  const response = await send(input, { ...sent, headers, body: asking });
  if (response.status !== 400 && response.status !== 422) return response;
  const text = await response.clone().text();
  return refusesUsage(text) ? send(input, sent) : response;
}

function watched(
  response: Response,
  { call, customer, hidesUsage, line }: Plan & { hidesUsage: boolean; line: Line },
  init: RequestInit,
  options: MeterOptions,
): Response {
  if (!response.ok || !response.body) return response;
  const { tollkeeper, vendor, model = modelOf, id: from = 'call' } = options;
  const settle = (usage: CallUsage) =>
    void recordMetered(tollkeeper, () =>
      meteredEvent(tollkeeper, call, usage, {
        ids: { from, proxied: response.headers.get(CALL_HEADER), request: requestIdOf(response) },
        customer,
        vendor,
        model: model(call, usage.model),
      }),
    );
  const watch = watchCall(call, settle, (error) => tollkeeper.report(error));
  line.letGo();
  return meteredResponse(response, {
    ...{ watch, hidesUsage, signal: init.signal },
    hangUp: (reason) => line.hangUp(reason),
    usageWaitMs: Math.min(USAGE_WAIT_MS_MAX, options.usageWaitMs ?? USAGE_WAIT_MS_MAX),
    hold: (wait) => tollkeeper.hold(wait),
  });
}

const requestIdOf = ({ headers }: Response): string | null => headers.get('x-request-id');
