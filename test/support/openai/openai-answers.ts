/**
 * What the stand-in for OpenAI's API answers and bills. The last text asked steers it: `words 40`
 * is how long the answer is, `cached` and `thinking` put tokens into those parts, `slowly`,
 * `breaking` and `refused` are how it goes.
 */

/** As OpenAI counts: the cached are among the prompt's, the thinking among the completion's. */
export interface Counts {
  readonly prompt: number;
  readonly cached: number;
  readonly written: number;
  readonly completion: number;
  readonly thinking: number;
}

export interface Asked {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** The last text asked. */
  readonly text: string;
  /** All that was asked, as JSON. */
  readonly conversation: string;
}

const WORDS_DEFAULT = 6;

export function readAsked(path: string, body: Record<string, unknown>): Asked {
  const messages = body.messages ?? body.input ?? body.prompt;
  const last = Array.isArray(messages) ? messages.at(-1) : messages;
  const content = typeof last === 'object' && last !== null ? (last.content ?? last.output) : last;
  const text = typeof content === 'string' ? content : JSON.stringify(content ?? '');
  return { path, body, text, conversation: JSON.stringify(messages ?? '') };
}

export function wordsOf({ text }: Asked): string[] {
  const count = Number(/words (\d+)/.exec(text)?.[1] ?? WORDS_DEFAULT);
  return Array.from({ length: count }, (_, index) => `word${index % 10} `);
}

export function countsOf(asked: Asked, words: number): Counts {
  const prompt = 20 + asked.text.length;
  const thinking = asked.text.includes('thinking') ? 11 : 0;
  return {
    prompt,
    cached: asked.text.includes('cached') ? 16 : 0,
    written: asked.text.includes('cache written') ? 3 : 0,
    completion: words + thinking,
    thinking,
  };
}

/** Asked for a tool that was offered, and not answered yet. */
export const wantsTool = ({ body }: Asked): boolean =>
  Array.isArray(body.tools) &&
  !(body.messages as { role: string }[]).some(({ role }) => role === 'tool');

export const TOOL_CALL = {
  id: 'call_1',
  type: 'function',
  function: { name: 'weather', arguments: '{"city":"Graz"}' },
};

export const chatUsage = ({ prompt, cached, written, completion, thinking }: Counts) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: thinking, audio_tokens: 0 },
});

export const responseUsage = ({ prompt, cached, written, completion, thinking }: Counts) => ({
  input_tokens: prompt,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
  output_tokens: completion,
  output_tokens_details: { reasoning_tokens: thinking },
  total_tokens: prompt + completion,
});

export const chatMessage = (asked: Asked, words: readonly string[]) =>
  wantsTool(asked)
    ? { role: 'assistant', content: null, tool_calls: [TOOL_CALL], refusal: null }
    : { role: 'assistant', content: textOf(asked, words), refusal: null };

/** With a schema asked for, the text is its JSON. */
const textOf = ({ body }: Asked, words: readonly string[]) =>
  body.response_format || (body.text as { format?: unknown } | undefined)?.format
    ? JSON.stringify({ answer: words.length })
    : words.join('');

export function responseObject(
  asked: Asked,
  { id, model, createdAt }: { id: string; model: string; createdAt: number },
  words: readonly string[],
  counts: Counts,
  status = 'completed',
) {
  return {
    ...{ id, object: 'response', created_at: createdAt, model, status },
    ...{ error: null, incomplete_details: null, instructions: null, metadata: {}, tools: [] },
    background: asked.body.background === true,
    output: status === 'completed' ? [outputItem(asked, id, words, status)] : [],
    usage: status === 'completed' ? responseUsage(counts) : null,
  };
}

/** A response that was offered tools calls one. */
export const callsFunction = ({ body }: Asked): boolean => Array.isArray(body.tools);

function outputItem(asked: Asked, id: string, words: readonly string[], status: string) {
  if (callsFunction(asked))
    return {
      ...{ id: `fc_${id}`, type: 'function_call', call_id: TOOL_CALL.id, status },
      ...TOOL_CALL.function,
    };
  const content = [{ type: 'output_text', text: textOf(asked, words), annotations: [] }];
  return { id: `msg_${id}`, type: 'message', role: 'assistant', status, content };
}
