/**
 * Counts calls on their way to the sandbox, as a proxy before it, so that a test can say that
 * nothing was written: whatever is no GET or HEAD is a write.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { createStripe } from '../../../src/stripe/client';

export interface WriteWatch {
  readonly url: string;
  readonly stripe: Stripe;
  /** All calls so far. */
  calls(): number;
  /** Writing calls so far, as `POST /v1/…`. */
  writes(): readonly string[];
  close(): Promise<void>;
}

export async function watchWrites(sandboxUrl: string): Promise<WriteWatch> {
  const writes: string[] = [];
  let calls = 0;
  const server = createServer((incoming, outgoing) => {
    calls += 1;
    const { method = 'GET', url = '/', headers } = incoming;
    if (method !== 'GET' && method !== 'HEAD') writes.push(`${method} ${url}`);
    const onward = request(new URL(url, sandboxUrl), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    stripe: createStripe({ secretKey: 'sk_test_watched', apiBase: url }),
    calls: () => calls,
    writes: () => [...writes],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
