/** What LangChain.js says of a model's answer, as a provider would have answered it. */
import { isObject } from './metered-call';
import { fullest } from './model-usage';

type Facts = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: unknown;
  readonly usage_metadata?: unknown;
  readonly response_metadata?: unknown;
  readonly tool_calls?: unknown;
}

/** It is what LangChain.js calls `LLMResult`. */
export interface LangChainResult {
  readonly generations: readonly (readonly { readonly text: string }[])[];
  readonly llmOutput?: Facts;
}

export function answerOf({ generations, llmOutput = {} }: LangChainResult): Facts {
  const all = generations.flat();
  const messages = all.flatMap((generation) => messageOf(generation) ?? []);
  const last = messages.at(-1) ?? {};
  const facts = isObject(last.response_metadata) ? last.response_metadata : {};
  const { id = last.id, model_name: name, model = name, service_tier: tier } = facts;
  return {
    ...{ object: 'answer', id, model: model ?? llmOutput.model_name, service_tier: tier },
    usage: usageOf(last.usage_metadata, [facts, llmOutput]),
    content: [all.map(({ text }) => text), messages.map((message) => message.tool_calls)],
  };
}

/** One event of a stream. */
export function tokenOf(token: string, chunk: unknown) {
  const message = messageOf(chunk) as Facts | undefined;
  const calls = Array.isArray(message?.tool_call_chunks)
    ? message.tool_call_chunks.filter(isObject)
    : [];
  const parts = calls.flatMap(({ name, args }) => [name, args]);
  const texts = parts.filter((part): part is string => typeof part === 'string');
  return {
    ...{ type: 'token', delta: [token, ...texts] },
    usage: usageOf(message?.usage_metadata, []),
  };
}

const messageOf = (generation: unknown): Message | undefined =>
  isObject(generation) && isObject(generation.message) ? generation.message : undefined;

/** LangChain's own; or the provider's, where it says more and was handed on. */
function usageOf(sums: unknown, holders: readonly Facts[]): Facts | undefined {
  const raw = holders.map(({ usage }) => usage).find(isObject);
  if (isObject(sums)) return fullest(asUsage(sums), raw);
  return raw ?? holders.map(({ tokenUsage }) => tokenUsage).flatMap(asTokenUsage)[0];
}

/** Its sums contain all of their details. A tier is put before the name of a detail. */
function asUsage(sums: Facts): Facts {
  const { input_token_details: prompt, output_token_details: answer } = sums;
  return {
    prompt_tokens: sums.input_tokens,
    completion_tokens: sums.output_tokens,
    total_tokens: sums.total_tokens,
    prompt_tokens_details: {
      cached_tokens: sumOf(prompt, /cache_read$/),
      cache_write_tokens: sumOf(prompt, /(cache_creation|_input_tokens)$/),
      ...audioOf(prompt),
    },
    completion_tokens_details: {
      reasoning_tokens: sumOf(answer, /reasoning$/),
      ...audioOf(answer),
    },
  };
}

/** It is what integrations without `usage_metadata` tell. */
function asTokenUsage(usage: unknown): Facts[] {
  if (!isObject(usage)) return [];
  const { promptTokens, completionTokens, totalTokens } = usage;
  if (promptTokens === undefined && totalTokens === undefined) return [];
  const sums = { prompt_tokens: promptTokens, completion_tokens: completionTokens };
  return [{ ...sums, total_tokens: totalTokens }];
}

function sumOf(details: unknown, end: RegExp): number {
  const counts = isObject(details)
    ? Object.entries(details).map(([name, count]) => (end.test(name) ? count : 0))
    : [];
  return counts.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
}

const audioOf = (details: unknown): Facts =>
  isObject(details) ? { audio_tokens: details.audio } : {};
