/** The stand-in's streams: server-sent events as OpenAI sends them. */
import { callsFunction, chatUsage, responseObject, TOOL_CALL, wantsTool } from './openai-answers';
import type { Asked, Counts } from './openai-answers';

interface About {
  readonly id: string;
  readonly model: string;
  readonly createdAt: number;
}

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const DONE = 'data: [DONE]\n\n';

const asksForUsage = ({ body }: Asked) =>
  (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true;

export function chatEvents(asked: Asked, about: About, words: readonly string[], counts: Counts) {
  const { id, model, createdAt: created } = about;
  const head = { id, object: 'chat.completion.chunk', created, model };
  const withUsage = asksForUsage(asked);
  const chunk = (delta: unknown, finish_reason: string | null = null) =>
    event({
      ...head,
      choices: [{ index: 0, delta, finish_reason, logprobs: null }],
      ...(withUsage && { usage: null }),
    });
  const { name } = TOOL_CALL.function;
  const call = (part: unknown) => chunk({ tool_calls: [{ index: 0, function: part }] });
  const parts = wantsTool(asked)
    ? [
        chunk({ tool_calls: [{ index: 0, ...TOOL_CALL, function: { name, arguments: '' } }] }),
        ...argumentParts().map((text) => call({ arguments: text })),
        chunk({}, 'tool_calls'),
      ]
    : [...words.map((content) => chunk({ content })), chunk({}, 'stop')];
  return [
    chunk({ role: 'assistant', content: wantsTool(asked) ? null : '' }),
    ...parts,
    ...(withUsage ? [event({ ...head, choices: [], usage: chatUsage(counts) })] : []),
    DONE,
  ];
}

export function completionEvents(
  asked: Asked,
  { id, model, createdAt: created }: About,
  words: readonly string[],
  counts: Counts,
) {
  const head = { id, object: 'text_completion', created, model };
  const choice = (text: string) => [{ index: 0, text, finish_reason: null, logprobs: null }];
  return [
    ...words.map((text) => event({ ...head, choices: choice(text) })),
    ...(asksForUsage(asked) ? [event({ ...head, choices: [], usage: chatUsage(counts) })] : []),
    DONE,
  ];
}

export function responseEvents(
  asked: Asked,
  about: About,
  words: readonly string[],
  counts: Counts,
) {
  let sequence_number = 0;
  const typed = (type: string, data: object) => {
    sequence_number += 1;
    return `event: ${type}\n${event({ type, sequence_number, ...data })}`;
  };
  const object = (status: string) => responseObject(asked, about, words, counts, status);
  const response = object('completed');
  const item = response.output[0]!;
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const text = callsFunction(asked)
    ? argumentParts().map((delta) =>
        typed('response.function_call_arguments.delta', { ...place, delta }),
      )
    : [
        typed('response.content_part.added', {
          ...{ ...place, part: { type: 'output_text', text: '', annotations: [] } },
        }),
        ...words.map((delta) =>
          typed('response.output_text.delta', { ...place, delta, logprobs: [] }),
        ),
      ];
  const empty = callsFunction(asked) ? { arguments: '' } : { content: [] };
  return [
    typed('response.created', { response: object('in_progress') }),
    typed('response.output_item.added', {
      output_index: 0,
      item: { ...item, ...empty, status: 'in_progress' },
    }),
    ...text,
    typed('response.completed', { response }),
  ];
}

/** They come in pieces of a few characters. */
const argumentParts = (): string[] => TOOL_CALL.function.arguments.match(/.{1,5}/g) ?? [];
