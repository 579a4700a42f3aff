/** No body is read, parsed or inflated before it is known that its sender may send it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const put = (key: string | undefined, body: string | Buffer, headers = {}) =>
  api.request('/v1/customers/x', {
    ...{ method: 'PUT', key, body: body as string },
    headers: { 'content-type': 'application/json', ...headers },
  });

test('what is no JSON is 401 without a key, 403 without the scope, and 422 with it', async () => {
  expect((await put(undefined, '{bad')).status).toBe(401);
  expect((await put('tk_none', '{bad')).status).toBe(401);
  expect((await put(api.keys.read, '{bad')).status).toBe(403);
  expect((await put(api.keys.admin, '{bad')).status).toBe(422);
});

test('what would be inflated is not, without a key', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const headers = { 'content-encoding': 'gzip' };
  expect((await put(undefined, bomb, headers)).status).toBe(401);
  expect((await put(api.keys.admin, bomb, headers)).status).toBe(413);
});

test('a route that is none is 404 with whatever body', async () => {
  const init = { method: 'POST', body: '{bad', headers: { 'content-type': 'application/json' } };
  expect((await api.request('/v1/nothing', init)).status).toBe(404);
});

/** A request whose body never comes; resolves with its answer. */
const answerTo = (socket: Socket, head: string) =>
  new Promise<string>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (data) => resolve(String(data).split('\r\n')[0] ?? ''));
    socket.write(`${head}\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n`);
  });

test.each([
  ['usage without a key', 'POST /v1/usage HTTP/1.1', 401],
  ['a change without a key', 'PUT /v1/customers/x HTTP/1.1', 401],
  ['a webhook without a signature', 'POST /webhooks/stripe HTTP/1.1', 400],
])('%s is answered before its body', async (_what, head, status) => {
  const { port } = new URL(api.url);
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  expect(await answerTo(socket, head)).toContain(` ${status} `);
  socket.destroy();
});
