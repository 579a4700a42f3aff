/**
 * Meters the official `openai` client by standing where it calls `fetch`: every method, stream
 * reader, parser and tool runner of it is metered, and keeps its types, without being known here.
 */
import { randomUUID } from 'node:crypto';
import { watchCall } from './call-usage';
import type { CallUsage } from './call-usage';
import type { TollkeeperClient } from './client';
import { askingForUsage, readCall } from './metered-call';
import type { MeteredCall } from './metered-call';
import { meteredEvent, modelOf } from './metered-event';
import { meteredResponse } from './metered-response';
import { meterFailed, recordMetered } from './record-metered';
import { messageOf } from './tollkeeper-error';

/** Names the customer of one call: `{ headers: { [CUSTOMER_HEADER]: 'ada' } }`. Never sent on. */
export const CUSTOMER_HEADER = 'x-tollkeeper-customer';

/** What the official client, any class made from it, and its Azure sister have. */
export interface OpenAICompatible {
  withOptions(options: { fetch?: typeof globalThis.fetch }): unknown;
}

export interface MeterOptions {
  readonly tollkeeper: TollkeeperClient;
  /** Who pays for a call; a function is asked as each call leaves. */
  readonly customer: string | ((call: MeteredCall) => string);
  /** The vendor that sells the calls. */
  readonly vendor?: string;
  /** The name that prices go by. Default: as asked for by the app, else as told by the provider. */
  readonly model?: (call: MeteredCall, reportedModel: string | undefined) => string;
}

/**
 * A client like the one given, of its own type, whose calls are recorded. Usage is written to the
 * spool before the app sees the end of an answer. What goes wrong with that is told to `onError`
 * of the TollkeeperClient, and never to the app's call.
 */
export function meterOpenAI<Client extends OpenAICompatible>(
  client: Client,
  options: MeterOptions,
): Client {
  // The client's own, if it was given one.
  const { fetch: ownFetch } = client as unknown as { fetch?: unknown };
  const send =
    typeof ownFetch === 'function'
      ? (ownFetch as typeof globalThis.fetch)
      : globalThis.fetch.bind(globalThis);
  const metered = async (input: string | URL | Request, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    const headerCustomer = headers.get(CUSTOMER_HEADER);
    headers.delete(CUSTOMER_HEADER);
    const request = headerCustomer === null ? init : { ...init, headers };
    const plan =
      input instanceof Request ? undefined : planCall(String(input), init, headerCustomer, options);
    if (!plan) return send(input, request);
    const askingBody = askingForUsage(plan.call, String(init.body));
    const response = await sendAsking(send, input, request, askingBody);
    return watched(response, { ...plan, hidesUsage: askingBody !== undefined }, init, options);
  };
  return client.withOptions({ fetch: metered }) as Client;
}

interface Plan {
  readonly call: MeteredCall;
  readonly customer: string;
}

/** undefined means that nothing is to be metered, or nobody pays for it. */
function planCall(
  url: string,
  init: RequestInit,
  headerCustomer: string | null,
  options: MeterOptions,
): Plan | undefined {
  try {
    const call = readCall(url, init);
    if (!call) return undefined;
    const { customer } = options;
    const payer = headerCustomer ?? (typeof customer === 'function' ? customer(call) : customer);
    if (typeof payer === 'string' && payer !== '') return { call, customer: payer };
    throw new Error(`the customer is ${JSON.stringify(payer)}: expected your id of one`);
  } catch (cause) {
    options.tollkeeper.report(meterFailed(`A call can't be metered: ${messageOf(cause)}`, cause));
    return undefined;
  }
}

/** A provider that does not know `stream_options` gets the request as the app made it. */
async function sendAsking(
  send: typeof globalThis.fetch,
  input: string | URL | Request,
  init: RequestInit,
  askingBody: string | undefined,
): Promise<Response> {
  if (askingBody === undefined) return send(input, init);
  const response = await send(input, { ...init, body: askingBody });
  if (response.status !== 400 && response.status !== 422) return response;
  const text = await response.clone().text();
  return text.includes('stream_options') ? send(input, init) : response;
}

function watched(
  response: Response,
  { call, customer, hidesUsage }: Plan & { hidesUsage: boolean },
  init: RequestInit,
  options: MeterOptions,
): Response {
  if (!response.ok) return response;
  const { tollkeeper, vendor, model = modelOf } = options;
  const requestId = response.headers.get('x-request-id');
  const settle = (usage: CallUsage) =>
    void recordMetered(tollkeeper, () =>
      meteredEvent(tollkeeper, call, usage, {
        spareId: requestId ?? randomUUID(),
        customer,
        vendor,
        model: model(call, usage.model),
      }),
    );
  const watch = watchCall(call, settle, (error) => tollkeeper.report(error));
  return meteredResponse(response, { watch, hidesUsage, signal: init.signal });
}
