/** Tokens among those of the pools that have another price than text, so that they can be found. */
import { isObject } from './metered-call';
import { wholeTokens } from './told-counts';

type Usage = Readonly<Record<string, unknown>>;

const PROMPT_DETAILS = ['prompt_tokens_details', 'input_tokens_details', 'input_token_details'];
const ANSWER_DETAILS = [
  ...['completion_tokens_details', 'output_tokens_details', 'output_token_details'],
];
const MODALITIES = ['audio', 'image', 'video'];

export function readDetails(usage: Usage): Readonly<Record<string, number>> {
  const inPrompt = [...PROMPT_DETAILS.map((name) => usage[name]), byModality(usage, 'prompt')];
  const inAnswer = [...ANSWER_DETAILS.map((name) => usage[name]), byModality(usage, 'candidates')];
  const written = isObject(usage.cache_creation)
    ? usage.cache_creation.ephemeral_1h_input_tokens
    : undefined;
  const counts: [string, unknown][] = [
    ...MODALITIES.map((kind): [string, unknown] => [`${kind}Input`, tokensOf(inPrompt, kind)]),
    ...MODALITIES.map((kind): [string, unknown] => [`${kind}Output`, tokensOf(inAnswer, kind)]),
    ['audioCacheRead', tokensOf(inPrompt.map(cachedIn), 'audio')],
    ['cacheWriteForAnHour', written],
  ];
  return Object.fromEntries(
    counts.flatMap(([name, value]): [string, number][] => {
      const tokens = wholeTokens(value);
      return tokens !== undefined && tokens > 0 ? [[name, tokens]] : [];
    }),
  );
}

const tokensOf = (objects: readonly unknown[], kind: string): unknown =>
  objects.map((object) => (isObject(object) ? object[`${kind}_tokens`] : undefined)).find(Boolean);

/** Sessions tell what of the cache was sound. */
const cachedIn = (object: unknown): unknown =>
  isObject(object) ? object.cached_tokens_details : undefined;

/** Gemini lists them, and may name one twice: `[{ modality: 'AUDIO', tokenCount: 12 }]`. */
function byModality(usage: Usage, side: 'prompt' | 'candidates'): unknown {
  const list = usage[`${side}TokensDetails`];
  if (!Array.isArray(list)) return undefined;
  const sums: Record<string, number> = {};
  for (const { modality, tokenCount } of list.filter(isObject)) {
    const name = `${String(modality).toLowerCase()}_tokens`;
    sums[name] = (sums[name] ?? 0) + (wholeTokens(tokenCount) ?? 0);
  }
  return sums;
}

/** The tier that served the call, where it is not the usual one. */
export function servedTier(answer: Usage, usage: unknown): string | undefined {
  const tiers = [answer.service_tier, isObject(usage) ? usage.service_tier : undefined];
  const tier = tiers.find((value): value is string => typeof value === 'string' && value !== '');
  return tier === undefined || USUAL_TIERS.includes(tier) ? undefined : tier;
}

const USUAL_TIERS = ['default', 'standard', 'auto', 'on_demand'];
