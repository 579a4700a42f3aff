/**
 * What is refused before its body has come is not read any further: whoever sends megabytes that
 * nobody wants is held up by its own network, and costs us neither time nor memory.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isBodyUnasked } from './expect-continue';

/** So much is on its way already, and dropping it costs less than another connection. */
const DROPPED_BYTES_MAX = 64 * 1024;
/** A connection that is closed at once takes the answer along, where it was not read yet. */
const LINGER_MS = 2_000;

/** It has to be said before the headers of the answer are sent. */
export function leaveBodyUnread(response: ServerResponse): void {
  const { req: request } = response;
  if (request.complete || response.headersSent) return;
  // Whoever was not asked for a body may leave it out: what comes next can't be told from it.
  if (isBodyUnasked(request)) return void response.setHeader('Connection', 'close');
  if (isSmall(request)) return void request.resume();
  // Whoever has left meanwhile has left nothing to read.
  const socket = request.socket as Socket | null;
  if (!socket || socket.destroyed) return;
  request.pause();
  response.setHeader('Connection', 'close');
  // Node calls it once such an answer is sent, and would not wait for anybody to read that.
  socket.destroySoon = () => linger(socket);
}

/**
 * Lets go what has arrived of a body that is refused, and takes no more of it: each piece holds
 * 64 kB for as long as the answer is held back, and those of hundreds would have V8 collect
 * garbage all the time.
 */
export function dropArrived(request: IncomingMessage): void {
  const socket = request.socket as Socket | null;
  if (isBodyUnasked(request) || !socket || socket.destroyed) return;
  request.resume();
  if (isSmall(request)) return;
  // What was buffered is dropped in this turn, and reading begins after it. A connection whose
  // body is over takes the next request.
  setImmediate(() => {
    if (!request.complete) socket.pause();
  });
}

const isSmall = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length']) <= DROPPED_BYTES_MAX;

function linger(socket: Socket): void {
  socket.end();
  // Node sets out to drop the rest of the body, and begins with it in this very turn.
  setImmediate(() => socket.pause());
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
