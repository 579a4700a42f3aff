/** An API on a port, whatever it serves. */
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { withRequestSpans } from '../traces/request-spans';
import type { App } from './app';
import { askForBodyWhenRead } from './limits/expect-continue';
import { answerWithoutUpgrade } from './without-upgrade';
import { CONNECTION_TIMES, CONNECTIONS_WAITING_MAX, limitConnections } from './limits/connections';

export interface RunningApi {
  readonly url: string;
  /** Takes no more requests, and waits for those under way. */
  close(): Promise<void>;
}

export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export async function listen(app: App, { host, port }: Address): Promise<RunningApi> {
  const listener = withRequestSpans(app.listener);
  let underWay = 0;
  let isClosing = false;
  // Browsers open connections on which nothing was asked yet, and nobody else would close those.
  const closeIfDone = () => {
    if (isClosing && underWay === 0) server.closeAllConnections();
  };
  const answer: RequestListener = (request, response) => {
    underWay += 1;
    response.once('close', () => {
      underWay -= 1;
      closeIfDone();
    });
    listener(request, response);
  };
  const server = createServer(CONNECTION_TIMES, answer);
  server.on('checkContinue', askForBodyWhenRead(answer));
  limitConnections(server);
  server.on('upgrade', (request, socket, head) => {
    const upgrade = { request, socket, head };
    if (!app.openSession?.(upgrade)) answerWithoutUpgrade(server, upgrade);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, CONNECTIONS_WAITING_MAX, resolve);
  });
  const { port: takenPort } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${takenPort}`;
  return {
    url,
    close: async () => {
      isClosing = true;
      const serverEnd = new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
      });
      const appEnd = app.close();
      closeIfDone();
      await Promise.all([serverEnd, appEnd]);
    },
  };
}
