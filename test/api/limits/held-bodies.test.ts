/** What had arrived of a refused body is let go while its answer is held back. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createHoldBack } from '../../../src/api/limits/hold-back';
import { leaveBodyUnread } from '../../../src/api/limits/unread-body';

const BODY = Buffer.alloc(16 * 1024 * 1024, 'x');
/** What buffers of Node's and one read may have taken before it was dropped. */
const TAKEN_BYTES_MAX = 512 * 1024;

let server: Server;
let held: IncomingMessage[];

beforeEach(async () => {
  held = [];
  const holdBack = createHoldBack(200);
  server = createServer((request, response) => {
    // Something is asked of the database before it is refused, and the body begins to arrive.
    setTimeout(() => {
      held.push(request);
      void holdBack({ request, response }, 'flood').then(() => {
        response.statusCode = 429;
        leaveBodyUnread(response);
        response.end('refused');
      });
    }, 50);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterEach(() => server.close());

function send(bytes: number): Socket {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n\r\n`);
  socket.write(BODY.subarray(0, bytes));
  return socket;
}

const answerOf = (socket: Socket): Promise<string> =>
  new Promise((resolve) => socket.once('data', (data) => resolve(String(data))));

test.each([
  ['a large body', BODY.length, 'close'],
  ['a body that has arrived whole', 20_000, 'keep-alive'],
])('%s takes no memory while its answer is held back', async (_what, bytes, connection) => {
  const socket = send(bytes);
  const waitedFor = new Promise((resolve) => setTimeout(resolve, 150));
  const answer = answerOf(socket);
  await waitedFor;
  const [request] = held as [IncomingMessage];
  expect(request.readableLength).toBe(0);
  expect(request.socket.bytesRead).toBeLessThan(TAKEN_BYTES_MAX);
  expect(await answer).toContain(`Connection: ${connection}`);
  socket.destroy();
});

test('the connection of a body that was dropped takes the next request', async () => {
  const socket = send(20_000);
  expect(await answerOf(socket)).toContain(' 429 ');
  const next = answerOf(socket);
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await next).toContain(' 429 ');
  socket.destroy();
});
