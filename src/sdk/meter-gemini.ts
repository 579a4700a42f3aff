/**
 * Meters the official client of Google (`@google/genai`) by standing where all of its modules call
 * their API, in each of its versions: models and their streams, chats, embeddings.
 */
import { meteredFetch } from './metered-fetch';
import type { MeterOptions } from './metered-fetch';
import { messageOf, TollkeeperError } from './tollkeeper-error';

/** It is what `GoogleGenAI` is. */
export interface GeminiCompatible {
  readonly models: object;
}

type Fetch = typeof globalThis.fetch;
type ApiCall = (url: string, init: RequestInit, ...rest: unknown[]) => Promise<Response>;
type Fields = Record<string, unknown>;
interface Insides extends Fields {
  readonly apiClient: Fields & { apiCall: ApiCall };
}

/** It is how a metered client called its API before. */
const unmetered = new WeakMap<ApiCall, ApiCall>();

/**
 * A client like the one given, of its own type, whose calls are recorded, as `meterOpenAI` does it.
 * Throws `meter_failed` for a client whose inside is not as it was known.
 */
export function meterGemini<Client extends GeminiCompatible>(
  client: Client,
  options: MeterOptions,
): Client {
  const inside = client as unknown as Insides;
  if (typeof inside.apiClient?.apiCall !== 'function')
    throw unknownClient('it has no apiClient.apiCall', undefined);
  const copy = copyOf(inside);
  const { apiCall } = inside.apiClient;
  const plainCall = (unmetered.get(apiCall) ?? apiCall).bind(copy.apiClient);
  copy.apiClient.apiCall = meteredCall(plainCall, options);
  unmetered.set(copy.apiClient.apiCall, unmetered.get(apiCall) ?? apiCall);
  return copy as unknown as Client;
}

/** A new one has modules that know each other; what they go by is the first one's. */
function copyOf(client: Insides): Insides {
  const { vertexai, project, location, apiKey, apiVersion, httpOptions } = client;
  const options = { vertexai, project, location, apiKey, apiVersion, httpOptions };
  try {
    const Class = client.constructor as new (options: Fields) => Insides;
    const copy = new Class(options);
    for (const [name, value] of Object.entries(client))
      if (typeof value !== 'object' || value === null) copy[name as keyof Fields] = value;
    Object.assign(copy.apiClient, client.apiClient);
    return copy;
  } catch (cause) {
    throw unknownClient(messageOf(cause), cause);
  }
}

function meteredCall(call: ApiCall, options: MeterOptions): ApiCall {
  return async (url, init, ...rest) => {
    // Later versions have the app's signal beside the request.
    const appsSignal = rest.find((each) => each instanceof AbortSignal);
    const send: Fetch = (input, sent = {}) => {
      const others = rest.map((each) => (each === appsSignal ? sent.signal : each));
      return call(String(input), sent, ...(appsSignal ? others : rest));
    };
    const signal = (appsSignal as AbortSignal | undefined) ?? init.signal;
    return leavable(await meteredFetch(send, options)(url, { ...init, signal }));
  };
}

/** The client lets go of a stream that an app has left, and does not say so to the stream. */
function leavable(response: Response): Response {
  const { body } = response;
  if (!body) return response;
  const getReader = body.getReader.bind(body);
  const readerOf = (): ReadableStreamDefaultReader<Uint8Array> => {
    const reader = getReader();
    const releaseLock = reader.releaseLock.bind(reader);
    reader.releaseLock = () => {
      releaseLock();
      body.cancel().catch(() => undefined);
    };
    return reader;
  };
  Object.defineProperty(body, 'getReader', { value: readerOf });
  return response;
}

const unknownClient = (reason: string, cause: unknown): TollkeeperError =>
  new TollkeeperError(
    'meter_failed',
    `This client can't be metered (${reason}): make it with httpOptions: { fetch: ` +
      'meteredFetch(fetch, { tollkeeper, customer }) }, which @google/genai 3 takes.',
    { cause },
  );
