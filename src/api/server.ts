/** The API on a port. */
import { setMaxListeners } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app';
import type { ApiDeps } from './deps';

export interface RunningApi {
  readonly url: string;
  /** Takes no more requests, and waits for those under way. */
  close(): Promise<void>;
}

export async function startApi(
  deps: ApiDeps,
  { host, port }: { host: string; port: number },
): Promise<RunningApi> {
  const closing = new AbortController();
  // One for each open page.
  setMaxListeners(0, closing.signal);
  const server = createServer(createApp(deps, closing.signal));
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, host, listening);
  });
  const { port: taken } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
  return {
    url,
    close: () =>
      new Promise((closed, failed) => {
        server.close((error) => (error ? failed(error) : closed()));
        closing.abort();
        server.closeIdleConnections();
      }),
  };
}
