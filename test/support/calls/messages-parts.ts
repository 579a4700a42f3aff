/** How Anthropic answers: its first event counts what was asked, its last what was said. */
import type { Answer, Question } from './answer';

const TOOL_INPUT = ['{"city"', ':"Graz"}'];

export function messagesAnswer({ model, id, words, counts, callsTool }: Question): Answer {
  const { prompt, cached, written, completion } = counts;
  const usage = {
    input_tokens: prompt - cached - written,
    ...{ cache_read_input_tokens: cached, cache_creation_input_tokens: written },
  };
  const head = { id: id && `msg_${id}`, type: 'message', role: 'assistant', model };
  const tool = { type: 'tool_use', id: 'toolu_1', name: 'weather' };
  const block = callsTool ? { ...tool, input: {} } : { type: 'text', text: '' };
  const delta = (text: string) =>
    callsTool ? { type: 'input_json_delta', partial_json: text } : { type: 'text_delta', text };
  const stop = { stop_reason: callsTool ? 'tool_use' : 'end_turn', stop_sequence: null };
  const content = callsTool
    ? { ...tool, input: { city: 'Graz' } }
    : { type: 'text', text: words.join('') };
  const begun = { ...head, content: [], stop_reason: null, stop_sequence: null };
  return {
    plain: { ...head, content: [content], ...stop, usage: { ...usage, output_tokens: completion } },
    opening: [
      event('message_start', { message: { ...begun, usage: { ...usage, output_tokens: 1 } } }),
      event('content_block_start', { index: 0, content_block: block }),
    ],
    words: (callsTool ? TOOL_INPUT : words).map((text) =>
      event('content_block_delta', { index: 0, delta: delta(text) }),
    ),
    ending: [
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: stop, usage: { output_tokens: completion } }),
      event('message_stop', {}),
    ],
  };
}

const event = (type: string, data: object) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;
