/** What a provider without a model answers: fifty words, plain or as a stream, with their usage. */

const CHUNKS = 50;

export interface Answer {
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: readonly string[];
}

/** Each answer has an id of its own. */
export function answerAtOnce(): (body: string) => Answer {
  let calls = 0;
  const usage = { prompt_tokens: 250, completion_tokens: CHUNKS, total_tokens: 250 + CHUNKS };
  return (body) => {
    calls += 1;
    const created = Math.floor(Date.now() / 1000);
    const head = { id: `chatcmpl-${calls}`, model: 'gpt-4o-mini', created };
    if (!body.includes('"stream":true')) {
      const message = { role: 'assistant', content: 'Little. '.repeat(CHUNKS) };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      const answer = { ...head, object: 'chat.completion', choices, usage };
      return { headers: { 'content-type': 'application/json' }, parts: [JSON.stringify(answer)] };
    }
    const event = (data: object) =>
      `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...data })}\n\n`;
    const chunk = event({ choices: [{ index: 0, delta: { content: 'Little. ' } }] });
    return {
      headers: { 'content-type': 'text/event-stream' },
      parts: [
        ...Array.from({ length: CHUNKS }, () => chunk),
        event({ choices: [], usage }),
        'data: [DONE]\n\n',
      ],
    };
  };
}
