/** A gate before a server: shut, connections break and new ones are refused, as in an outage. */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

export interface NetworkGate {
  readonly url: string;
  /** With `reset`, connections end as they do when a process is killed: by a reset. */
  shut(how?: { readonly reset: boolean }): Promise<void>;
  open(): Promise<void>;
}

/** Opens on one port for its whole life. */
export async function startNetworkGate(targetUrl: string): Promise<NetworkGate> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let port = 0;
  const open = async () => {
    server = createServer((incoming) => {
      const outgoing = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        sockets.add(from);
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
        from.on('error', () => from.destroy());
        from.pipe(to);
      }
    });
    await new Promise<void>((listening) => server?.listen(port, '127.0.0.1', listening));
    port = (server.address() as AddressInfo).port;
  };
  const shut = async ({ reset } = { reset: false }) => {
    const closed = new Promise((done) => (server ? server.close(done) : done(undefined)));
    for (const socket of sockets) {
      if (reset) socket.resetAndDestroy();
      else socket.destroy();
    }
    await closed;
    server = undefined;
  };
  await open();
  return { url: `http://127.0.0.1:${port}`, shut, open };
}
