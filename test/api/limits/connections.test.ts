/** Connections are bounded, of all and of one address, and a proxy's are those of its callers. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { limitConnections } from '../../../src/api/limits/connections';

class Peer extends EventEmitter {
  isDestroyed = false;
  constructor(readonly remoteAddress: string) {
    super();
  }
  destroy() {
    this.isDestroyed = true;
  }
}

function connected(server: Server, address: string): Peer {
  const peer = new Peer(address);
  server.emit('connection', peer as unknown as Socket);
  return peer;
}

/** Without the listeners of a server that would read from what is no socket. */
function limitedServer() {
  const server = createServer().removeAllListeners('connection');
  limitConnections(server, { all: 5, address: 2 });
  return server;
}

test('an address has a part of all, and gets it back', () => {
  const server = limitedServer();
  expect(server.maxConnections).toBe(5);
  const [first, , third] = [1, 2, 3].map(() => connected(server, '203.0.113.7'));
  expect(third?.isDestroyed).toBe(true);
  expect(connected(server, '203.0.113.8').isDestroyed).toBe(false);
  first?.emit('close');
  expect(connected(server, '203.0.113.7').isDestroyed).toBe(false);
});

test('behind the own proxy stand many', () => {
  const server = limitedServer();
  const peers = [1, 2, 3].map(() => connected(server, '::ffff:10.0.0.1'));
  expect(peers.map(({ isDestroyed }) => isDestroyed)).toEqual([false, false, false]);
});
