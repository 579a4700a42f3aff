/** A provider of models that takes whatever arrives, and says that it used something. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };

export interface AnyProvider {
  readonly url: string;
  close(): Promise<void>;
}

export async function startAnyProvider(): Promise<AnyProvider> {
  let calls = 0;
  const http = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      calls += 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ id: `call-${calls}`, model: 'm', choices: [], data: [], usage: USAGE }),
      );
    });
  });
  // A connection that is closed as it is used again is no fault of the proxy's.
  http.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
