/**
 * HTTP load over kept connections, one request at a time on each. Written on sockets: on a small
 * machine a client that costs as much as the server would be what is measured.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { startSenders } from './load';
import type { Load } from './load';

export interface HttpLoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly eventsPerRequest: number;
  /** The whole request as it goes over the wire. */
  nextRequest(): string;
}

export async function startHttpLoad(options: HttpLoadOptions): Promise<Load> {
  const { hostname, port } = new URL(options.url);
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => open(hostname, Number(port))),
  );
  const load = startSenders(options.connections, options.eventsPerRequest, (sender) =>
    (connections[sender] as Connection).ask(options.nextRequest()),
  );
  return {
    acknowledged: load.acknowledged,
    stop: async () => {
      await load.stop();
      for (const connection of connections) connection.close();
    },
  };
}

interface Connection {
  /** Resolves when the answer is complete; rejects unless it is a success. */
  ask(request: string): Promise<void>;
  close(): void;
}

async function open(host: string, port: number): Promise<Connection> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect({ host, port, noDelay: true }, () => resolve(opening));
    opening.once('error', reject);
  });
  let received = '';
  let waiting: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const fail = (error: Error) => waiting?.reject(error);
  socket.setEncoding('latin1');
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server closed a connection while it was asked.')));
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (!isComplete(received)) return;
    const answer = received;
    received = '';
    if (answer.startsWith('HTTP/1.1 2')) waiting?.resolve();
    else fail(new Error(`A request of the load was refused: ${answer}`));
  });
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request, 'latin1');
      }),
    close: () => {
      waiting = undefined;
      socket.destroy();
    },
  };
}

const LENGTH = /\r\ncontent-length: (\d+)/i;

/** Both servers say the length of what they answer. */
function isComplete(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = LENGTH.exec(received.slice(0, end))?.[1];
  if (length === undefined) throw new Error(`An answer has no Content-Length: ${received}`);
  return received.length >= end + 4 + Number(length);
}
