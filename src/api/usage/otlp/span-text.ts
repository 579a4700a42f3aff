/**
 * The text that a span has of what was asked and answered, where its app records that: tokens that
 * no attribute tells are estimated by its length.
 */
import type { Attributes } from './span';

const ASKED = [
  ...['gen_ai.input.messages', 'gen_ai.system_instructions', 'gen_ai.tool.definitions'],
  ...['gen_ai.prompt', 'llm.input_messages', 'input.value', 'ai.prompt.messages', 'ai.prompt'],
  'ai.values',
];
const ANSWERED = [
  ...['gen_ai.output.messages', 'gen_ai.completion', 'llm.output_messages', 'output.value'],
  ...['ai.response.text', 'ai.response.object'],
];

/** They come as text, as JSON, or flattened: `gen_ai.prompt.0.content`. */
const FLATTENED = /^\.\d+\.(message\.)?(content|tool_calls?\..*|function_call\..*)$/;

export const askedText = (attributes: Attributes): unknown => textIn(attributes, ASKED);
export const answeredText = (attributes: Attributes): unknown => textIn(attributes, ANSWERED);

/** The first that is there: conventions side by side have the same text twice. */
function textIn(attributes: Attributes, names: readonly string[]): unknown {
  for (const name of names) {
    const whole = attributes.get(name);
    if (whole !== undefined && whole !== '') return parsed(String(whole));
    const parts = [...attributes].flatMap(([key, value]) =>
      key.startsWith(name) && FLATTENED.test(key.slice(name.length)) ? [value] : [],
    );
    if (parts.length > 0) return parts;
  }
  return undefined;
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
