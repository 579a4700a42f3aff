/** The usage that a model of the Vercel AI SDK tells, as a provider's usage object. */
import { isObject } from './metered-call';
import { readUsage, sumOf } from './read-usage';

type Count = number | undefined;
type Usage = Readonly<Record<string, unknown>>;

/** It is what `ai` 6 and 7 call `LanguageModelV3Usage` and `LanguageModelV4Usage`. */
export interface NestedUsage {
  readonly inputTokens: {
    readonly total: Count;
    readonly noCache: Count;
    readonly cacheRead: Count;
    readonly cacheWrite: Count;
  };
  readonly outputTokens: { readonly total: Count; readonly text: Count; readonly reasoning: Count };
  /** It is as the provider has told it. */
  readonly raw?: unknown;
}

/** It is what `ai` 5 calls `LanguageModelV2Usage`, and what models of images tell. */
export interface FlatUsage {
  readonly inputTokens: Count;
  readonly outputTokens: Count;
  readonly totalTokens?: Count;
  readonly reasoningTokens?: Count;
  readonly cachedInputTokens?: Count;
}

export type ModelUsage = NestedUsage | FlatUsage;

const isNested = (usage: ModelUsage): usage is NestedUsage => isObject(usage.inputTokens);

/**
 * The provider's own where it tells more: models clamp and leave out what they do not know. `raw`
 * is what else of the provider's own words came by.
 */
export function providerUsage(usage: ModelUsage | undefined, raw: unknown): Usage | undefined {
  if (usage === undefined) return isObject(raw) ? raw : undefined;
  if (isNested(usage)) return fullest(fullest(nestedUsage(usage), usage.raw), raw);
  return fullest(flatUsage(usage), raw);
}

/** A provider's own words are taken unless they say less, or contradict themselves. */
export function fullest(reported: Usage, raw: unknown): Usage {
  if (!isObject(raw)) return reported;
  const reading = readUsage(raw);
  const isRead = (reading.tokens ?? reading.total) !== undefined && reading.faults.length === 0;
  return isRead && sumOf(reading) >= sumOf(readUsage(reported)) ? raw : reported;
}

function nestedUsage({ inputTokens, outputTokens }: NestedUsage): Usage {
  const { cacheRead, cacheWrite, noCache } = inputTokens;
  const { reasoning, text } = outputTokens;
  return {
    input_tokens: inputTokens.total ?? sum(noCache, cacheRead, cacheWrite),
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: outputTokens.total ?? sum(text, reasoning),
    output_tokens_details: { reasoning_tokens: reasoning },
  };
}

/** Its total tells whether the rest is within or beside, which is another thing with each model. */
const flatUsage = (usage: FlatUsage): Usage => ({
  input_tokens: usage.inputTokens,
  output_tokens: usage.outputTokens,
  total_tokens: usage.totalTokens,
  input_tokens_details: { cached_tokens: usage.cachedInputTokens },
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
});

function sum(...parts: Count[]): Count {
  const counts = parts.filter((part) => part !== undefined);
  return counts.length === 0 ? undefined : counts.reduce((all, part) => all + part, 0);
}
