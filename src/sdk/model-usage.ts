/** The usage that a model of the Vercel AI SDK tells, as a provider's usage object. */
import { isObject } from './metered-call';
import { readUsage, sumOf } from './read-usage';

type Count = number | undefined;

/** It is what `ai` calls `LanguageModelV3Usage`. */
export interface ModelUsage {
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

/** The provider's own where it tells more: models clamp and leave out what they do not know. */
export function providerUsage(usage: ModelUsage): Readonly<Record<string, unknown>> {
  const { inputTokens, outputTokens, raw } = usage;
  const { cacheRead, cacheWrite, noCache } = inputTokens;
  const { reasoning, text } = outputTokens;
  const reported = {
    input_tokens: inputTokens.total ?? sum(noCache, cacheRead, cacheWrite),
    input_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWrite },
    output_tokens: outputTokens.total ?? sum(text, reasoning),
    output_tokens_details: { reasoning_tokens: reasoning },
  };
  if (!isObject(raw)) return reported;
  const reading = readUsage(raw);
  const isMore = reading.tokens !== undefined && reading.faults.length === 0;
  return isMore && sumOf(reading) >= sumOf(readUsage(reported)) ? raw : reported;
}

function sum(...parts: Count[]): Count {
  const counts = parts.filter((part) => part !== undefined);
  return counts.length === 0 ? undefined : counts.reduce((all, part) => all + part, 0);
}
