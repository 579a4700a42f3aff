/**
 * The numbers of a provider's usage object, read strictly and by every name that they have: what is
 * no whole number of tokens is none, and is told.
 */
import { isObject } from './metered-call';

/** A single count is never larger, as the API has it too. */
const TOKENS_PER_COUNT_MAX = 10_000_000_000;

/** One number as its provider calls it: faults speak of it by that name. */
export interface Count {
  readonly name: string;
  readonly tokens: number;
}

export interface ToldCounts {
  readonly prompt?: Count;
  readonly answer?: Count;
  readonly total?: Count;
  readonly cacheRead?: Count;
  readonly cacheWrite?: Count;
  readonly reasoning?: Count;
  /** What tools gave to the prompt, which is beside it. */
  readonly toolPrompt?: Count;
  /** Where the names say that the caches are; a total may know better. */
  readonly caches: 'within' | 'beside' | 'unknown';
  /** Where the name says that reasoning is. */
  readonly thoughts: 'inside' | 'beside';
  /** What can't be believed, as sentences without their end. */
  readonly faults: readonly string[];
}

const PROMPT = [
  ...['prompt_tokens', 'input_tokens', 'inputTokens', 'inputTokenCount'],
  ...['promptTokenCount', 'prompt_token_count', 'prompt_eval_count'],
];
const ANSWER = [
  ...['completion_tokens', 'output_tokens', 'outputTokens', 'outputTokenCount', 'eval_count'],
  ...['candidatesTokenCount', 'candidates_token_count', 'responseTokenCount'],
];
const TOTAL = ['total_tokens', 'totalTokens', 'totalTokenCount', 'total_token_count'];
const PROMPT_DETAILS = [
  ...['prompt_tokens_details', 'input_tokens_details'],
  ...['prompt_token_details', 'input_token_details'],
];
const ANSWER_DETAILS = [
  ...['completion_tokens_details', 'output_tokens_details', 'output_token_details'],
];
const CACHE_READ_WITHIN = [
  ...['cached_tokens', 'prompt_cache_hit_tokens', 'num_cached_tokens'],
  ...['cachedContentTokenCount', 'cached_content_token_count'],
];
const CACHE_WRITE_WITHIN = ['cache_write_tokens', 'cache_creation_tokens'];
/** Anthropic and Bedrock count these beside the prompt, gateways that speak for them within it. */
const CACHE_READ_BESIDE = [
  ...['cache_read_input_tokens', 'cacheReadInputTokens', 'cacheReadInputTokenCount'],
];
const CACHE_WRITE_BESIDE = [
  ...['cache_creation_input_tokens', 'cacheWriteInputTokens', 'cacheWriteInputTokenCount'],
];
const REASONING = ['reasoning_tokens', 'thinking_tokens'];
const THOUGHTS = ['thoughtsTokenCount', 'thoughts_token_count'];
const TOOL_PROMPT = ['toolUsePromptTokenCount', 'tool_use_prompt_token_count'];

type Usage = Readonly<Record<string, unknown>>;

const FIELDS = new Set(
  [
    ...[PROMPT, ANSWER, TOTAL, PROMPT_DETAILS, ANSWER_DETAILS, REASONING, THOUGHTS, TOOL_PROMPT],
    ...[CACHE_READ_WITHIN, CACHE_WRITE_WITHIN, CACHE_READ_BESIDE, CACHE_WRITE_BESIDE],
    ['cache_creation', 'prompt_cache_miss_tokens'],
  ].flat(),
);

/** It is a name under which some provider tells tokens. */
export const isCountName = (name: string): boolean => FIELDS.has(name);

export function readCounts(usage: Usage): ToldCounts {
  const faults: string[] = [];
  const largest = (counts: readonly Count[]): Count | undefined => {
    const [first, ...others] = [...counts].sort((a, b) => b.tokens - a.tokens);
    const other = others.find(({ tokens }) => tokens > 0 && tokens !== first?.tokens);
    if (first && other) faults.push(`${describe(first)}, but ${describe(other)}`);
    return first;
  };
  const top = (names: readonly string[]) => countsIn(usage, names, '', faults);
  const within = (objects: readonly string[], names: readonly string[]) =>
    objects.flatMap((object) => countsIn(usage[object], names, `${object}.`, faults));
  const prompt = largest(top(PROMPT));
  const readWithin = [...within(PROMPT_DETAILS, CACHE_READ_WITHIN), ...top(CACHE_READ_WITHIN)];
  const writeWithin = [...within(PROMPT_DETAILS, CACHE_WRITE_WITHIN), ...top(CACHE_WRITE_WITHIN)];
  const readBeside = top(CACHE_READ_BESIDE);
  const writeBeside = [...top(CACHE_WRITE_BESIDE), ...writtenByLife(usage, faults)];
  const thoughts = top(THOUGHTS);
  return {
    prompt,
    answer: largest(top(ANSWER)),
    total: largest(top(TOTAL)),
    cacheRead: largest([...readWithin, ...readBeside]),
    cacheWrite: largest([...writeWithin, ...writeBeside]),
    reasoning: largest([...within(ANSWER_DETAILS, REASONING), ...top(REASONING), ...thoughts]),
    toolPrompt: largest(top(TOOL_PROMPT)),
    caches: placeOf(prompt, [...readWithin, ...writeWithin], [...readBeside, ...writeBeside]),
    thoughts: thoughts.length > 0 ? 'beside' : 'inside',
    faults,
  };
}

/** Who says the same number by the name of a part has it within, whatever else it says. */
function placeOf(prompt: Count | undefined, within: readonly Count[], beside: readonly Count[]) {
  const named = beside.filter(({ tokens }) => tokens > 0);
  const isRepeated = named.every(({ tokens }) => within.some((part) => part.tokens === tokens));
  if (isRepeated) return 'within';
  return prompt?.name === 'prompt_tokens' ? 'unknown' : 'beside';
}

/** Anthropic tells apart how long what was written stays. */
function writtenByLife({ cache_creation: written }: Usage, faults: string[]): Count[] {
  const names = ['ephemeral_5m_input_tokens', 'ephemeral_1h_input_tokens'];
  const counts = countsIn(written, names, 'cache_creation.', faults);
  const tokens = counts.reduce((sum, count) => sum + count.tokens, 0);
  return counts.length > 0 ? [{ name: 'cache_creation', tokens }] : [];
}

function countsIn(object: unknown, names: readonly string[], path: string, faults: string[]) {
  if (!isObject(object)) return [];
  return names.flatMap((name): Count[] => {
    const value = object[name];
    if (value === undefined || value === null) return [];
    const tokens = wholeTokens(value);
    if (tokens !== undefined) return [{ name: `${path}${name}`, tokens }];
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
    faults.push(`${path}${name} is ${text}, which is no whole number of tokens`);
    return [];
  });
}

/** Digits as text are read; undefined: it is no count. */
export function wholeTokens(value: unknown): number | undefined {
  const isDigits = typeof value === 'string' && /^\d{1,13}$/.test(value);
  const tokens = isDigits ? Number(value) : value;
  if (typeof tokens !== 'number' || !Number.isInteger(tokens)) return undefined;
  return tokens >= 0 && tokens <= TOKENS_PER_COUNT_MAX ? tokens : undefined;
}

export const describe = ({ name, tokens }: Count): string => `${name} is ${tokens}`;
