/** Whoever asks first whether its body is wanted is told before it sends any of it. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  const config = { STRIPE_WEBHOOK_SECRET: 'whsec_test', LIMIT_USAGE_PER_SECOND: 1 };
  api = await startTestApi({ heldMs: 0, config });
  await api.addCustomer('ada');
});
afterAll(() => api.close());

const BODY = JSON.stringify({ id: 'a', customer: 'ada', model: 'm', tokens: { input: 1 } });

interface Asked {
  readonly path?: string;
  readonly key: string;
  readonly bytes?: number;
  readonly ends?: boolean;
}

/** All that is answered; the body is sent only where it is asked for. */
async function ask(asked: Asked): Promise<string> {
  const { path = 'POST /v1/usage', key, bytes = BODY.length, ends = false } = asked;
  const { port } = new URL(api.url);
  const socket = connect({ host: '127.0.0.1', port: Number(port) });
  socket.on('data', (chunk) => {
    if (String(chunk).startsWith('HTTP/1.1 100')) socket.write(BODY);
  });
  socket.write(
    `${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n` +
      'Content-Type: application/json\r\nExpect: 100-continue\r\n' +
      `${ends ? 'Connection: close\r\n' : ''}` +
      `Content-Length: ${bytes}\r\n\r\n`,
  );
  const answer = await text(socket);
  socket.destroy();
  return answer;
}
const CLOSED = /\r\nConnection: close\r\n/i;

test('a body that is wanted is asked for', async () => {
  const answer = await ask({ key: api.keys.ingest, ends: true });
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /);
});

test('a route of Express asks for it, too', async () => {
  const answer = await ask({ path: 'PUT /v1/customers/eve', key: api.keys.admin, ends: true });
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 422 /);
});

test.each([
  ['a wrong key', { key: 'tk_none' }, 401],
  ['a wrong key for a change', { path: 'PUT /v1/customers/eve', key: 'tk_none' }, 401],
  ['what is too large', { bytes: 2 * 1024 * 1024 + 1 }, 413],
  ['a webhook without a signature', { path: 'POST /webhooks/stripe' }, 400],
  ['what is not there', { path: 'POST /v1/nothing' }, 404],
])('%s is refused without the body, and the connection ends', async (_what, asked, status) => {
  const answer = await ask({ key: api.keys.admin, ...asked });
  expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(answer).toMatch(CLOSED);
});

test('whoever has used up its share is refused without the body', async () => {
  const event = JSON.parse(BODY) as unknown;
  while ((await api.postUsage(event)).status !== 429);
  const answer = await ask({ key: api.keys.ingest });
  expect(answer).toMatch(/^HTTP\/1\.1 429 /);
  expect(answer).toMatch(CLOSED);
});
