/** How many connections there may be, and how long each may take to say what it wants. */
import type { Server, ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { createTally } from '../../core/tally';
import { isOwn } from '../client-address';

/** Twice as many as there are live pages; each of them costs some kilobytes. */
const CONNECTIONS_MAX = 10_000;
/** An address that is no proxy of the operator's has live pages, and what apps keep open. */
const CONNECTIONS_OF_ADDRESS_MAX = 1_000;

/**
 * So many may wait to be accepted, if the kernel's own bound lets them. Beyond it a connection of
 * whomever is dropped, and comes again after one second, three, seven and fifteen.
 */
export const CONNECTIONS_WAITING_MAX = 4_096;

export const CONNECTION_TIMES: ServerOptions = {
  headersTimeout: 15_000,
  // The largest upload to a provider, over a slow line.
  requestTimeout: 300_000,
  connectionsCheckingInterval: 5_000,
};

export function limitConnections(
  server: Server,
  { all = CONNECTIONS_MAX, address = CONNECTIONS_OF_ADDRESS_MAX } = {},
): void {
  server.maxConnections = all;
  const connections = createTally();
  server.on('connection', (socket: Socket) => {
    const peer = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '');
    // Behind the operator's own proxy stand all of its callers.
    if (isOwn(peer)) return;
    if (connections.of(peer) >= address) {
      socket.destroy();
      return;
    }
    connections.add(peer, 1);
    socket.once('close', () => connections.add(peer, -1));
  });
}
