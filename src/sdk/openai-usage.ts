/**
 * OpenAI's usage, in our pools. Theirs are nested, prompt tokens contain the cached ones and
 * completion tokens those of reasoning; ours exclude each other.
 */
import { isObject } from './metered-call';
import type { TokenCounts } from './usage-event';

/**
 * undefined: it tells no tokens, as audio that is billed by the second. Reads the names of chat
 * completions, completions and embeddings, and those of responses, audio and images.
 */
export function tokensOf(usage: unknown): TokenCounts | undefined {
  if (!isObject(usage)) return undefined;
  const input = usage.prompt_tokens ?? usage.input_tokens;
  const output = usage.completion_tokens ?? usage.output_tokens;
  if (input === undefined && output === undefined) return undefined;
  const inputDetails = usage.prompt_tokens_details ?? usage.input_tokens_details;
  const outputDetails = usage.completion_tokens_details ?? usage.output_tokens_details;
  const cachedSplit = split(count(input), count(part(inputDetails, 'cached_tokens')));
  const writtenSplit = split(cachedSplit.rest, count(part(inputDetails, 'cache_write_tokens')));
  const reasoning = split(count(output), count(part(outputDetails, 'reasoning_tokens')));
  return {
    input: writtenSplit.rest,
    output: reasoning.rest,
    ...(cachedSplit.part > 0 && { cacheRead: cachedSplit.part }),
    ...(writtenSplit.part > 0 && { cacheWrite: writtenSplit.part }),
    ...(reasoning.part > 0 && { reasoning: reasoning.part }),
  };
}

/** A part is never more than its whole, so the pools always add up to what was reported. */
function split(total: number, reportedPart: number): { part: number; rest: number } {
  const part = Math.min(total, reportedPart);
  return { part, rest: total - part };
}

const part = (details: unknown, name: string) => (isObject(details) ? details[name] : undefined);

const count = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
