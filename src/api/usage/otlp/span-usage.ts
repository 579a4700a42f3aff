/**
 * What a span's attributes tell of usage, as the usage object of a provider, which the one reader
 * of usage knows. Each convention has names of its own for the same count, and older ones besides.
 */
import type { Attributes } from './span';

const G = 'gen_ai.usage.';
const AI = 'ai.usage.';
const L = 'llm.token_count.';

/** The current name of GenAI's conventions comes first. */
const NAMES = {
  input: [
    ...[`${G}input_tokens`, `${G}prompt_tokens`, 'llm.usage.prompt_tokens', `${L}prompt`],
    ...[`${AI}inputTokens`, `${AI}promptTokens`, `${AI}tokens`],
  ],
  output: [
    ...[`${G}output_tokens`, `${G}completion_tokens`, 'llm.usage.completion_tokens'],
    ...[`${L}completion`, `${AI}outputTokens`, `${AI}completionTokens`],
  ],
  total: [`${G}total_tokens`, 'llm.usage.total_tokens', `${L}total`, `${AI}totalTokens`],
  cacheRead: [
    ...[`${G}cache_read.input_tokens`, `${G}cache_read_input_tokens`, `${G}cached_tokens`],
    ...[`${G}input_tokens.cached`, `${G}cached_input_tokens`, `${G}details.cache_read_tokens`],
    ...[`${G}details.cache_read_input_tokens`, `${L}prompt_details.cache_read`],
    ...[`${AI}inputTokenDetails.cacheReadTokens`, `${AI}cachedInputTokens`],
  ],
  cacheWrite: [
    ...[`${G}cache_creation.input_tokens`, `${G}cache_creation_input_tokens`],
    ...[`${G}cache_write.input_tokens`, `${G}cache_write_input_tokens`],
    ...[`${G}input_tokens.cache_write`, `${G}details.cache_write_tokens`],
    ...[`${G}details.cache_creation_input_tokens`, `${L}prompt_details.cache_write`],
    `${AI}inputTokenDetails.cacheWriteTokens`,
  ],
  reasoning: [
    ...[`${G}reasoning.output_tokens`, `${G}reasoning_tokens`, `${G}output_tokens.reasoning`],
    ...[`${G}details.reasoning_tokens`, 'llm.usage.reasoning_tokens'],
    ...[`${L}completion_details.reasoning`, `${AI}reasoningTokens`],
    `${AI}outputTokenDetails.reasoningTokens`,
  ],
  audioInput: [`${G}audio.input_tokens`, `${L}prompt_details.audio`],
  imageInput: [`${G}image.input_tokens`, `${L}prompt_details.image`],
  videoInput: [`${G}video.input_tokens`, `${L}prompt_details.video`],
  audioOutput: [`${G}audio.output_tokens`, `${L}completion_details.audio`],
  imageOutput: [`${G}image.output_tokens`, `${L}completion_details.image`],
} as const satisfies Record<string, readonly string[]>;

type Count = keyof typeof NAMES;
type Value = string | number | boolean;

export interface SpanUsage {
  /** It is for the reader of usage; undefined: no attribute tells tokens. */
  readonly usage?: Readonly<Record<string, unknown>>;
  /** Two names of the same count have different values: sentences without their end. */
  readonly faults: readonly string[];
}

export function usageOfSpan(attributes: Attributes): SpanUsage {
  const faults: string[] = [];
  const counts = new Map<Count, Value>();
  for (const [count, names] of Object.entries(NAMES) as [Count, readonly string[]][]) {
    const [name, ...others] = names.filter((each) => isTold(attributes.get(each)));
    if (name === undefined) continue;
    const value = attributes.get(name) as Value;
    counts.set(count, value);
    const other = others.find((each) => Number(attributes.get(each)) !== Number(value));
    if (other !== undefined)
      faults.push(`${name} is ${value}, but ${other} is ${attributes.get(other)}`);
  }
  return { ...(counts.size > 0 && { usage: providerUsage(counts) }), faults };
}

/** A convention that knows nothing of a count leaves it out, or has it as nothing. */
const isTold = (value: Value | undefined): boolean => value !== undefined && value !== '';

export const tellsTokens = (attributes: Attributes): boolean => {
  const { usage } = usageOfSpan(attributes);
  return Object.values(usage ?? {}).some((value) => typeof value !== 'object' && Number(value) > 0);
};

/**
 * GenAI's conventions have caches within the prompt, and reasoning within the answer. Some that
 * write its names leave the caches beside, as their provider counts: the total tells which, and
 * what is larger than the prompt can't be in it.
 */
function providerUsage(counts: ReadonlyMap<Count, Value>): Readonly<Record<string, unknown>> {
  const count = (name: Count, untold = 0) => Number(counts.get(name) ?? untold);
  const cached = count('cacheRead') + count('cacheWrite');
  const isLarger = cached > count('input', Infinity);
  // Some leave the caches out of the total as well, which then says nothing of them.
  const isTotalled = !(isLarger && count('total') === count('input') + count('output'));
  const isWithin = !counts.has('total') && !isLarger;
  const within = named(counts, { cacheRead: 'cached_tokens', cacheWrite: 'cache_write_tokens' });
  return {
    ...named(counts, { input: 'prompt_tokens', output: 'output_tokens' }),
    ...(isTotalled && named(counts, { total: 'total_tokens' })),
    ...(!isWithin && named(counts, { cacheRead: 'cache_read_input_tokens' })),
    ...(!isWithin && named(counts, { cacheWrite: 'cache_creation_input_tokens' })),
    prompt_tokens_details: {
      ...(isWithin && within),
      ...named(counts, { audioInput: 'audio_tokens', imageInput: 'image_tokens' }),
      ...named(counts, { videoInput: 'video_tokens' }),
    },
    output_tokens_details: {
      ...named(counts, { reasoning: 'reasoning_tokens' }),
      ...named(counts, { audioOutput: 'audio_tokens', imageOutput: 'image_tokens' }),
    },
  };
}

const named = (counts: ReadonlyMap<Count, Value>, names: Partial<Record<Count, string>>) =>
  Object.fromEntries(
    Object.entries(names).flatMap(([count, name]) =>
      counts.has(count as Count) ? [[name, counts.get(count as Count)]] : [],
    ),
  );
