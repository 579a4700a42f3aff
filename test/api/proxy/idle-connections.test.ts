/**
 * A provider that closes a connection which nobody used just as a call is sent on it: what may be
 * asked twice is asked again, and a model is not.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createUpstream } from '../../../src/api/proxy/upstream';
import type { Upstream } from '../../../src/api/proxy/upstream';
import { eventually } from '../../support/stack/eventually';

let provider: Server;
let url: URL;
const asked: string[] = [];
const used = new Set<Socket>();
let isClosing = false;

beforeEach(async () => {
  asked.length = 0;
  used.clear();
  isClosing = true;
  provider = createServer((request, response) => {
    asked.push(String(request.method));
    const { socket } = request;
    if (isClosing && used.has(socket)) return socket.resetAndDestroy();
    used.add(socket);
    return response.end('{}');
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1/models`);
});
afterEach(() => new Promise<void>((resolve) => void provider.close(() => resolve())));

async function send(upstream: Upstream, method: string): Promise<number | undefined> {
  const { signal } = new AbortController();
  const answer = await upstream.send({ url, method, headers: {}, body: Buffer.alloc(0), signal });
  await readAll(answer);
  return answer.statusCode;
}

async function readAll(answer: IncomingMessage): Promise<void> {
  for await (const chunk of answer) void chunk;
}

test('what only reads is sent again, on a new connection', async () => {
  const upstream = createUpstream(url.href);
  expect([await send(upstream, 'GET'), await send(upstream, 'GET')]).toEqual([200, 200]);
  expect(asked).toEqual(['GET', 'GET', 'GET']);
  upstream.close();
});

test('a call of a model is not: it may have been answered, and is paid for', async () => {
  const upstream = createUpstream(url.href);
  await send(upstream, 'POST');
  await expect(send(upstream, 'POST')).rejects.toMatchObject({ code: 'upstream_unreachable' });
  expect(asked).toEqual(['POST', 'POST']);
  upstream.close();
});

test('a connection that nobody uses is closed from here, before the provider does it', async () => {
  isClosing = false;
  const upstream = createUpstream(url.href, 20);
  await send(upstream, 'POST');
  await eventually(
    async () => [...used].filter((socket) => !socket.destroyed).length,
    (open) => open === 0,
  );
  expect(await send(upstream, 'POST')).toBe(200);
  expect(used.size).toBe(2);
  upstream.close();
});
