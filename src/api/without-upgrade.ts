/**
 * Clients that offer another protocol (HTTP/2, of which Java's offers it with every first request)
 * are answered as if they had not. Node does so by itself only where nothing listens for upgrades.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

export interface UpgradeRequest {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came behind the request. */
  readonly head: Buffer;
}

/** It is read anew, without what it offered. */
export function answerWithoutUpgrade(
  server: Server,
  { request, socket, head }: UpgradeRequest,
): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const [name = '', value = ''] = rawHeaders.slice(place, place + 2);
    const line = withoutOffer(name, value);
    if (line !== undefined) lines.push(line);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

function withoutOffer(name: string, value: string): string | undefined {
  if (name.toLowerCase() === 'upgrade') return undefined;
  if (name.toLowerCase() !== 'connection') return `${name}: ${value}`;
  const options = value
    .split(',')
    .filter((each) => !/^\s*(upgrade|http2-settings)\s*$/i.test(each));
  return options.length === 0 ? undefined : `${name}: ${options.join(',')}`;
}
