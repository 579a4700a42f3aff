/** Server-sent events of a response, which fetch reads with a token in a header. */

export interface ServerSentEvent {
  readonly name: string;
  readonly data: string;
}

/** Ends when the response does. Comments and times to retry are left out. */
export async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent, void> {
  const reader = response.body?.getReader();
  if (!reader) return;
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (name !== undefined && data !== undefined) yield { name, data };
    }
  }
}
