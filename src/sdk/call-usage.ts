/** Finds out, from what passes by, what one call used; settles once. */
import { TollkeeperError } from './tollkeeper-error';
import { isObject } from './metered-call';
import type { MeteredCall } from './metered-call';
import { tokensOf } from './openai-usage';
import { answeredCharacters, askedCharacters, estimatedTokens } from './stream-estimate';
import type { TokenCounts } from './usage-event';

export interface CallUsage {
  /** The provider's id of the response; undefined where it has none. */
  readonly id?: string;
  /** The provider names what answered so. */
  readonly model?: string;
  readonly tokens: TokenCounts;
  readonly isEstimated: boolean;
  /** Unix seconds of the provider. */
  readonly createdAt?: number;
}

export interface CallWatch {
  /** A plain answer, whole. */
  answered(body: Readonly<Record<string, unknown>>): void;
  /** One event of a stream. Returns whether it is only about usage. */
  streamed(event: Readonly<Record<string, unknown>>): boolean;
  /** The stream came to its end, or did not. */
  ended(isWhole: boolean): void;
}

type Settle = (usage: CallUsage) => void;

export function watchCall(
  call: MeteredCall,
  settle: Settle,
  onError: (error: TollkeeperError) => void,
): CallWatch {
  const facts: { id?: string; model?: string; createdAt?: number } = {};
  let usage: unknown;
  let characters = 0;
  let isSettled = false;
  let isFailed = false;
  /** Goes on at the provider after we hang up, and is metered when it is looked up. */
  let isBackground = call.body.background === true;
  const note = (event: Readonly<Record<string, unknown>>) => {
    if (typeof event.id === 'string' && event.id !== '') facts.id ??= event.id;
    if (typeof event.model === 'string' && event.model !== '') facts.model ??= event.model;
    const createdAt = event.created ?? event.created_at;
    if (typeof createdAt === 'number') facts.createdAt ??= createdAt;
    if (event.background === true) isBackground = true;
    if (isObject(event.usage)) usage = event.usage;
  };
  const finish = (tokens: TokenCounts | undefined, isEstimated: boolean) => {
    if (isSettled) return;
    isSettled = true;
    if (tokens && (!call.isLookup || isBackground)) settle({ ...facts, tokens, isEstimated });
  };
  return {
    answered: (body) => {
      note(body);
      const tokens = tokensOf(usage);
      finish(tokens, false);
      if (!tokens && isUsageExpected(call, body)) onError(noUsage(call, body));
    },
    streamed: (event) => {
      if (isObject(event.response)) note(event.response);
      // The id of an item or of a chunk of audio is none of the response.
      note(call.endpoint === 'responses' ? {} : event);
      if (event.error || event.type === 'error') isFailed = true;
      characters += answeredCharacters(event);
      const isOnlyUsage =
        Array.isArray(event.choices) && event.choices.length === 0 && isObject(event.usage);
      const tokens = tokensOf(usage);
      if (isOnlyUsage || (tokens && isLast(call, event))) finish(tokens, false);
      return isOnlyUsage;
    },
    ended: (isWhole) => {
      const tokens = tokensOf(usage);
      const isAnswered = tokens !== undefined && (isWhole || call.endpoint === 'responses');
      if (isAnswered) return finish(tokens, false);
      if (isBackground || call.isLookup || (isFailed && characters === 0))
        return finish(undefined, true);
      if (isObject(usage) && !tokens) return finish(undefined, true);
      const input = estimatedTokens(askedCharacters(call));
      finish({ input, output: estimatedTokens(characters) }, true);
    },
  };
}

/** The event that ends a response or a transcription; of pictures there may be several. */
const isLast = ({ endpoint }: MeteredCall, { type }: Readonly<Record<string, unknown>>) =>
  endpoint !== 'images' &&
  typeof type === 'string' &&
  /\.(completed|incomplete|failed|done)$/.test(type);

/** Answers that are billed by tokens always tell them, once they are complete. */
function isUsageExpected(
  { endpoint, isLookup }: MeteredCall,
  body: Readonly<Record<string, unknown>>,
) {
  if (isLookup) return false;
  if (endpoint === 'responses') return body.status === 'completed';
  return endpoint === 'chat' || endpoint === 'completions' || endpoint === 'embeddings';
}

const noUsage = ({ endpoint, model }: MeteredCall, body: Readonly<Record<string, unknown>>) =>
  new TollkeeperError(
    'meter_failed',
    `A call of ${model} (${endpoint}, ${String(body.id)}) was answered without its usage: ` +
      'nothing was recorded.',
  );
