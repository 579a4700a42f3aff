/**
 * What a call whose usage never came has probably used: one token for four characters, of what was
 * asked and of what had arrived. Reasoning that was not shown is not in it.
 */
import { isObject } from './metered-call';
import type { MeteredCall } from './metered-call';

const CHARACTERS_PER_TOKEN = 4;

export const estimatedTokens = (characters: number): number =>
  Math.ceil(characters / CHARACTERS_PER_TOKEN);

const ASKED = ['messages', 'input', 'prompt', 'instructions', 'tools'];

/** Text only: what pictures and sound come to can't be told by their length. */
export function askedCharacters({ body }: MeteredCall): number {
  return ASKED.reduce((sum, field) => sum + textLength(body[field]), 0);
}

/** Length of all the text in it; names, roles, pictures and sound don't count. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : value.length;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, innerValue]) =>
      /^(role|type|id|input_audio|data|file_data)$/.test(key) ? sum : sum + textLength(innerValue),
    0,
  );
}

/**
 * Characters in one event of a stream: text, refusals, arguments of tool calls, shown reasoning.
 */
export function answeredCharacters(event: Readonly<Record<string, unknown>>): number {
  if (Array.isArray(event.choices))
    return event.choices.reduce<number>((sum, choice) => sum + choiceLength(choice), 0);
  // Responses and transcriptions send `response.output_text.delta` and its like.
  if (typeof event.type !== 'string' || /audio\.delta$/.test(event.type)) return 0;
  return typeof event.delta === 'string' ? event.delta.length : 0;
}

const DELTA_TEXTS = ['content', 'refusal', 'reasoning', 'reasoning_content'];

function choiceLength(choice: unknown): number {
  if (!isObject(choice)) return 0;
  if (typeof choice.text === 'string') return choice.text.length;
  const { delta } = choice;
  if (!isObject(delta)) return 0;
  const texts = DELTA_TEXTS.reduce((sum, name) => sum + textLength(delta[name]), 0);
  const calls = Array.isArray(delta.tool_calls)
    ? delta.tool_calls
    : [{ function: delta.function_call }];
  return calls.reduce<number>(
    (sum, call) => sum + (isObject(call) ? textLength(call.function) : 0),
    texts,
  );
}
