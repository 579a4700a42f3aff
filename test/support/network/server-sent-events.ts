/** Server-sent events as a program reads them. */

export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
}

/** Ends when the response does. Comments and times to retry are left out. */
export async function* serverSentEvents(response: Response): AsyncGenerator<ServerSentEvent, void> {
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      if (event && data) yield { event, data };
    }
  }
}
