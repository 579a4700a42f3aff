/** Lets a provider's response pass through, watches it, and hides what the app did not ask for. */
import { usageFilter } from './usage-filter';
import type { UsageFilter, UsageFilterOptions } from './usage-filter';

export interface MeteredResponseOptions extends UsageFilterOptions {
  /** The app's, which ends a stream that nobody reads any more. */
  readonly signal: AbortSignal | null | undefined;
}

export function meteredResponse(response: Response, options: MeteredResponseOptions): Response {
  if (!response.body) return response;
  const filter = usageFilter(response.headers.get('content-type') ?? '', options);
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
  filter: UsageFilter,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const aborted = () => filter.broken();
  signal?.addEventListener('abort', aborted, { once: true });
  const stopListening = () => signal?.removeEventListener('abort', aborted);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          for (;;) {
            const { done, value } = await reader.read();
            const passingBytes = done ? filter.end() : filter.pass(value);
            if (passingBytes.length > 0) controller.enqueue(passingBytes);
            if (done) {
              stopListening();
              controller.close();
            }
            if (done || passingBytes.length > 0) return;
          }
        } catch (error) {
          stopListening();
          filter.broken();
          controller.error(error);
        }
      },
      cancel: async (reason) => {
        stopListening();
        filter.broken();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
