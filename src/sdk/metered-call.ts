/** One request of a model as it leaves the app: which endpoint, which model, what was asked. */
import { withMember } from './json-member';

export type Endpoint =
  | 'chat'
  | 'responses'
  | 'completions'
  | 'embeddings'
  | 'audio'
  | 'images'
  /** Anthropic's. */
  | 'messages'
  /** Gemini's, and what others have of their own. */
  | 'generate'
  /** A response within a session of OpenAI's. */
  | 'realtime'
  /** Whatever the Vercel AI SDK has called. */
  | 'vercel-ai';

export interface MeteredCall {
  readonly endpoint: Endpoint;
  /** The request asks for it; it is empty if the request names none, or runs in the background. */
  readonly model: string;
  /** The request's JSON; empty for uploads. */
  readonly body: Readonly<Record<string, unknown>>;
  /** A response that exists is read again: it counts if it was made in the background. */
  readonly isLookup: boolean;
}

const POST_PATHS: readonly (readonly [RegExp, Endpoint])[] = [
  [/\/chat\/completions$/, 'chat'],
  [/\/responses(\/compact)?$/, 'responses'],
  [/\/completions$/, 'completions'],
  [/\/embeddings$/, 'embeddings'],
  [/\/audio\/(transcriptions|translations|speech)$/, 'audio'],
  [/\/images\/(generations|edits)$/, 'images'],
  // A thread of an assistant has messages too, and they call no model.
  [/^(?!.*\/threads\/).*\/messages$/, 'messages'],
  // Anthropic's models at Google, and those at Amazon.
  [/\/anthropic\/models\/(?!count-tokens:)[^/:]+:(rawPredict|streamRawPredict)$/, 'messages'],
  [/\/model\/[^/]+\/invoke(-with-response-stream)?$/, 'messages'],
  [/\/model\/[^/]+\/converse(-stream)?$/, 'generate'],
  [/:(generateContent|streamGenerateContent)$/, 'generate'],
  [/:(embedContent|batchEmbedContents)$/, 'embeddings'],
];
/** Where a request names its model: Azure's deployments, Gemini's models, Amazon's. */
const MODEL_IN_PATH = /\/(?:(?:deployments|models)\/([^/:]+)[/:]|model\/([^/]+)\/)/;
/** They are worked off later, and what they use is in their results. */
const BATCH_PATH = /\/batches$|:batchGenerateContent$/;
/** A response that was made in the background is asked for later, and has its usage then. */
const BACKGROUND_PATH = /\/responses\/[^/]+$/;

/** undefined means that nothing is paid for by tokens. */
export function readCall(url: string, init: RequestInit): MeteredCall | undefined {
  const { pathname } = new URL(url);
  const method = methodOf(init);
  const endpoint = endpointOf(pathname, method);
  if (endpoint === undefined) return undefined;
  const body = typeof init.body === 'string' ? parseObject(init.body) : {};
  const uploaded = init.body instanceof FormData ? init.body.get('model') : undefined;
  return callOf(endpoint, method, body, uploaded ?? modelInPath(pathname));
}

export const methodOf = ({ method = 'GET' }: Pick<RequestInit, 'method'>): string =>
  method.toUpperCase();

/** `elsewhere`: the model that a form or a path names, where the body names none. */
export function callOf(
  endpoint: Endpoint,
  method: string,
  body: Readonly<Record<string, unknown>>,
  elsewhere?: unknown,
): MeteredCall {
  const requestedModel = body.model ?? elsewhere;
  // A call in the background goes by the reported model: nothing else is known when it is looked
  // up.
  const model =
    typeof requestedModel === 'string' && body.background !== true ? requestedModel : '';
  return { endpoint, model, body, isLookup: method === 'GET' };
}

export function endpointOf(path: string, method: string): Endpoint | undefined {
  if (method === 'GET') return BACKGROUND_PATH.test(path) ? 'responses' : undefined;
  if (method !== 'POST') return undefined;
  return POST_PATHS.find(([pattern]) => pattern.test(path))?.[1];
}

export function modelInPath(path: string): string | undefined {
  const [, named, amazons = named] = MODEL_IN_PATH.exec(path) ?? [];
  try {
    return amazons && decodeURIComponent(amazons);
  } catch {
    return amazons;
  }
}

export const startsBatch = (path: string, method: string): boolean =>
  method === 'POST' && BATCH_PATH.test(path);

/** The request asks for a stream: by its body, or by its path as Gemini has it. */
export const isStreamAsked = ({ body }: MeteredCall): boolean => body.stream === true;

/**
 * The body that asks a stream for its usage; undefined if it does so already, or is no stream that
 * has to be asked. `text` is the body as it is: what can stay of it does, to the digit.
 */
export function askingForUsage({ endpoint, body }: MeteredCall, text: string): string | undefined {
  if (endpoint !== 'chat' && endpoint !== 'completions') return undefined;
  if (body.stream !== true) return undefined;
  if (!('stream_options' in body))
    return text.replace('{', '{"stream_options":{"include_usage":true},');
  const options = isObject(body.stream_options) ? body.stream_options : {};
  if (options.include_usage === true) return undefined;
  const askingOptions = { ...options, include_usage: true };
  return withMember(text, 'stream_options', JSON.stringify(askingOptions));
}

/** A 400 or 422 because of what we asked: some name it, some only say that it is too much. */
export const refusesUsage = (refusal: string): boolean =>
  /stream_options|include_usage|extra (inputs|fields)/i.test(refusal) ||
  /(unknown|unrecognized|unexpected|additional) (argument|field|parameter|propert)/i.test(refusal);

export function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
