/** Lets a provider's response pass through, watches it, and hides what the app did not ask for. */
import type { CallWatch } from './call-usage';
import { parseObject } from './metered-call';

export interface MeteredResponseOptions {
  readonly watch: CallWatch;
  /** Chunks that are only about usage stay here. */
  readonly hidesUsage: boolean;
  /** The app's, which ends a stream that nobody reads any more. */
  readonly signal: AbortSignal | null | undefined;
}

/** What passes of a chunk, and of the end. */
interface Filter {
  pass(chunk: Uint8Array): Uint8Array;
  end(): Uint8Array;
  broken(): void;
}

export function meteredResponse(response: Response, options: MeteredResponseOptions): Response {
  if (!response.body) return response;
  const isStream = /^text\/event-stream\b/.test(response.headers.get('content-type') ?? '');
  const filter = isStream ? streamFilter(options) : answerFilter(options.watch);
  const { status, statusText, headers } = response;
  const metered = new Response(through(response.body, filter, options.signal), {
    status,
    statusText,
    headers,
  });
  Object.defineProperty(metered, 'url', { value: response.url });
  return metered;
}

/** Reads only what the app reads. The filter is told before the app that it is over. */
function through(
  body: ReadableStream<Uint8Array>,
  filter: Filter,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const aborted = () => filter.broken();
  signal?.addEventListener('abort', aborted, { once: true });
  const over = () => signal?.removeEventListener('abort', aborted);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          for (;;) {
            const { done, value } = await reader.read();
            const passing = done ? filter.end() : filter.pass(value);
            if (passing.length > 0) controller.enqueue(passing);
            if (done) {
              over();
              controller.close();
            }
            if (done || passing.length > 0) return;
          }
        } catch (error) {
          over();
          filter.broken();
          controller.error(error);
        }
      },
      cancel: async (reason) => {
        over();
        filter.broken();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

const NOTHING = new Uint8Array();

/** A plain answer: kept to be read as a whole. One that breaks off is a failed call. */
function answerFilter(watch: CallWatch): Filter {
  const chunks: Uint8Array[] = [];
  return {
    pass: (chunk) => {
      chunks.push(chunk);
      return chunk;
    },
    end: () => {
      watch.answered(parseObject(Buffer.concat(chunks).toString('utf8')));
      return NOTHING;
    },
    broken: () => undefined,
  };
}

const EVENT_END = /\r\n\r\n|\n\n|\r\r/g;

/** Server-sent events, whole ones at a time. */
function streamFilter({ watch, hidesUsage }: MeteredResponseOptions): Filter {
  const decoder = new TextDecoder();
  let rest = '';
  const passing = (text: string): string => {
    const event = dataOf(text);
    const isOnlyUsage = event !== undefined && watch.streamed(event);
    return isOnlyUsage && hidesUsage ? '' : text;
  };
  return {
    pass: (chunk) => {
      rest += decoder.decode(chunk, { stream: true });
      let passed = '';
      let start = 0;
      for (const end of rest.matchAll(EVENT_END)) {
        const next = end.index + end[0].length;
        passed += passing(rest.slice(start, next));
        start = next;
      }
      rest = rest.slice(start);
      return Buffer.from(passed);
    },
    end: () => {
      const last = passing(rest + decoder.decode());
      watch.ended(true);
      return Buffer.from(last);
    },
    broken: () => watch.ended(false),
  };
}

/** The JSON of an event; undefined for comments, and for `[DONE]`. */
function dataOf(text: string): Record<string, unknown> | undefined {
  const data = text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n');
  return data.startsWith('{') ? parseObject(data) : undefined;
}
