/**
 * What a call whose usage never came has probably used: one token for four characters, of what was
 * asked and of what had arrived; scripts without spaces have about one for each. Reasoning that was
 * not shown is not in it.
 */
import { isObject } from './metered-call';
import type { MeteredCall } from './metered-call';

const CHARACTERS_PER_TOKEN = 4;

export const estimatedTokens = (characters: number): number =>
  Math.ceil(characters / CHARACTERS_PER_TOKEN);

const ASKED = ['messages', 'input', 'prompt', 'instructions', 'tools', 'system', 'contents'];

/** Text only: what pictures and sound come to can't be told by their length. */
export function askedCharacters({ body }: Pick<MeteredCall, 'body'>): number {
  return ASKED.reduce((sum, field) => sum + textLength(body[field]), 0);
}

/** They say what something is, and are no text of anybody. */
const NO_TEXT = new RegExp(
  `^(${[
    ...['role', 'type', 'id', 'call_id', 'status', 'object', 'index', 'finish_reason', 'logprobs'],
    ...['finishReason', 'stop_reason', 'input_audio', 'data', 'file_data', 'b64_json', 'audio'],
    ...['annotations', 'signature', 'encrypted_content', 'usage', 'thoughtSignature'],
  ].join('|')})$`,
);

/** Length of all the text in it; names, roles, pictures and sound don't count. */
export function textLength(value: unknown): number {
  if (typeof value === 'string') return value.startsWith('data:') ? 0 : charactersOf(value);
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + textLength(item), 0);
  if (!isObject(value)) return 0;
  return Object.entries(value).reduce(
    (sum, [key, innerValue]) => (NO_TEXT.test(key) ? sum : sum + textLength(innerValue)),
    0,
  );
}

/** A character of these is mostly a token: Chinese, Japanese, Korean, emoji. */
const DENSE_SCRIPTS = /[\u2e80-\ufaff\ufe30-\ufe4f\uff00-\uffef]|[\ud800-\udbff][\udc00-\udfff]/g;

/** It is as many as Latin text of as many tokens has. */
function charactersOf(text: string): number {
  const dense = text.match(DENSE_SCRIPTS) ?? [];
  const units = dense.reduce((sum, character) => sum + character.length, 0);
  return text.length - units + dense.length * CHARACTERS_PER_TOKEN;
}

const ANSWERED = ['choices', 'output', 'content', 'candidates', 'message', 'response', 'text'];

/** It is of a plain answer, whole. */
export const answerCharacters = (body: Readonly<Record<string, unknown>>): number =>
  ANSWERED.reduce((sum, field) => sum + textLength(body[field]), 0);

/**
 * Characters in one event of a stream: text, refusals, arguments of tool calls, shown reasoning.
 */
export function answeredCharacters(event: Readonly<Record<string, unknown>>): number {
  if (Array.isArray(event.choices))
    return event.choices.reduce<number>((sum, choice) => sum + choiceLength(choice), 0);
  if (Array.isArray(event.candidates)) return textLength(event.candidates);
  // Bedrock's events are named by their one field.
  if (isObject(event.contentBlockDelta)) return textLength(event.contentBlockDelta.delta);
  // Ollama's events are each a part of the answer.
  if (typeof event.type !== 'string') return textLength(event.message) + textLength(event.response);
  // Responses and transcriptions send `response.output_text.delta` and its like.
  if (/audio\.delta$/.test(event.type)) return 0;
  // Anthropic's deltas are of text, of thinking or of a tool's input.
  return event.type === 'message_delta' ? 0 : textLength(event.delta);
}

const DELTA_TEXTS = ['content', 'refusal', 'reasoning', 'reasoning_content'];

function choiceLength(choice: unknown): number {
  if (!isObject(choice)) return 0;
  if (typeof choice.text === 'string') return charactersOf(choice.text);
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
