/** Lets a provider's response pass through, watches it, and hides what the app did not ask for. */
import { Readable } from 'node:stream';
import { usageFilter } from './usage-filter';
import type { UsageFilter, UsageFilterOptions } from './usage-filter';

export interface MeteredResponseOptions extends UsageFilterOptions {
  /** The app's, which ends a stream that nobody reads any more. */
  readonly signal: AbortSignal | null | undefined;
  /** Ends the call at the provider. */
  hangUp(reason: unknown): void;
  /** So long the usage of an answer that the app has read is waited for. */
  readonly usageWaitMs: number;
  /** It is told of that wait, so that nothing ends before it. */
  hold(wait: Promise<void>): void;
}

export function meteredResponse(response: Response, options: MeteredResponseOptions): Response {
  if (!response.body) return response;
  const { status, statusText, headers } = response;
  const metered = new Response(new Passage(bodyOf(response), options, typeOf(response)).stream(), {
    status,
    statusText,
    headers,
  });
  Object.defineProperty(metered, 'url', { value: response.url });
  return metered;
}

/** The `fetch` that version 4 of OpenAI's client brings has streams of Node's own. */
function bodyOf({ body }: Response): ReadableStream<Uint8Array> {
  if (body && 'getReader' in body) return body;
  return Readable.toWeb(body as unknown as Readable) as ReadableStream<Uint8Array>;
}

const typeOf = ({ headers }: Response): string => headers.get('content-type') ?? '';

/** Reads only what the app reads. The filter is told before the app that it is over. */
class Passage {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly filter: UsageFilter;
  private isLeft = false;
  private stopWaiting = (): void => undefined;

  constructor(
    body: ReadableStream<Uint8Array>,
    private readonly options: MeteredResponseOptions,
    contentType: string,
  ) {
    this.reader = body.getReader();
    this.filter = usageFilter(contentType, options);
  }

  stream(): ReadableStream<Uint8Array> {
    const { signal } = this.options;
    let aborted = () => undefined as void;
    const stopListening = () => signal?.removeEventListener('abort', aborted);
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          aborted = () => {
            controller.error(signal?.reason);
            this.leave(signal?.reason);
          };
          signal?.addEventListener('abort', aborted, { once: true });
        },
        pull: async (controller) => {
          if (await this.passNext(controller)) stopListening();
        },
        cancel: (reason) => {
          stopListening();
          this.leave(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Returns whether it was the last. */
  private async passNext(
    controller: ReadableStreamDefaultController<Uint8Array>,
  ): Promise<boolean> {
    try {
      for (;;) {
        const { done, value } = await this.reader.read();
        if (this.isLeft) {
          if (value) this.filter.pass(value);
          if (!this.options.watch.awaitsUsage()) this.stopWaiting();
          return true;
        }
        const passing = done ? this.filter.end() : this.filter.pass(value);
        if (passing.length > 0) controller.enqueue(passing);
        if (done) controller.close();
        if (done || passing.length > 0) return done;
      }
    } catch (error) {
      if (this.isLeft) return true;
      this.filter.broken();
      controller.error(error);
      return true;
    }
  }

  /** The app reads no more. Usage that comes right after the text is waited for. */
  private leave(reason: unknown): void {
    if (this.isLeft) return;
    this.isLeft = true;
    const { watch, usageWaitMs, hold, hangUp } = this.options;
    const end = () => {
      this.filter.broken();
      hangUp(reason);
      this.reader.cancel(reason).catch(() => undefined);
    };
    if (usageWaitMs > 0 && watch.awaitsUsage()) hold(this.drain(usageWaitMs).finally(end));
    else end();
  }

  private async drain(usageWaitMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<{ done: true; value?: undefined }>((resolve) => {
      this.stopWaiting = () => resolve({ done: true });
      timer = setTimeout(this.stopWaiting, usageWaitMs);
    });
    try {
      while (this.options.watch.awaitsUsage()) {
        const { done, value } = await Promise.race([this.reader.read(), late]);
        if (done) return;
        this.filter.pass(value);
      }
    } catch {
      // It broke while nobody read it: what had come counts.
    } finally {
      clearTimeout(timer);
    }
  }
}
