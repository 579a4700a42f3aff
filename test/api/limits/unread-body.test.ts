/** Whoever is refused keeps its body: what nobody wants is not read. */
import { connect } from 'node:net';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import type { ServerResponse } from 'node:http';
import { leaveBodyUnread } from '../../../src/api/limits/unread-body';

/** More than the buffers of a connection hold, on both of its sides. */
const BODY = Buffer.alloc(64 * 1024 * 1024, 'x');
const EVENT = JSON.stringify({ id: 'a', customer: 'ada', model: 'm', tokens: { input: 1 } });

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
});
afterAll(() => api.close());

/** What is answered, and whether all of the body left, once the connection has ended. */
function sendWhole(head: readonly string[], body: Buffer) {
  return new Promise<object>((resolve) => {
    let answer = '';
    let hasLeft = false;
    const { port } = new URL(api.url);
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.on('data', (data) => (answer += String(data)));
    socket.on('error', () => undefined);
    socket.on('close', () =>
      resolve({
        status: answer.slice('HTTP/1.1 '.length).slice(0, 3),
        isLastAnswer: answer.includes('Connection: close'),
        hasLeft,
      }),
    );
    socket.write(`${head.join('\r\n')}\r\nHost: localhost\r\n\r\n`);
    socket.write(body, (error) => (hasLeft = !error));
  });
}

test('whatever is refused is answered at once, and its body stays where it is', async () => {
  const key = `Authorization: Bearer ${api.keys.ingest}`;
  const length = `Content-Length: ${BODY.length}`;
  const chunk = Buffer.concat([Buffer.from(`${BODY.length.toString(16)}\r\n`), BODY]);
  const answers = await Promise.all([
    sendWhole(['POST /v1/usage HTTP/1.1', length], BODY),
    sendWhole(['PUT /v1/customers/x HTTP/1.1', length], BODY),
    sendWhole(['POST /webhooks/stripe HTTP/1.1', length], BODY),
    sendWhole(['POST /webhooks/stripe HTTP/1.1', 'Stripe-Signature: t=1,v1=0', length], BODY),
    sendWhole(['POST /v1/usage HTTP/1.1', key, length], BODY),
    sendWhole(['POST /v1/usage HTTP/1.1', key, 'Transfer-Encoding: chunked'], chunk),
  ]);
  expect(answers).toEqual(
    ['401', '401', '400', '400', '413', '413'].map((status) => ({
      ...{ status, isLastAnswer: true, hasLeft: false },
    })),
  );
});

test('a client that sends it all at once is told why it was refused', async () => {
  const response = await api.request('/v1/usage', {
    ...{ method: 'POST', key: 'tk_none', body: BODY },
    headers: { 'content-type': 'application/json' },
  });
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ code: 'unauthorized' });
});

test('a small body is dropped, and its connection serves the next request', async () => {
  const { port } = new URL(api.url);
  const answers = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    const length = `Content-Length: ${EVENT.length}\r\nHost: localhost`;
    const good = `Authorization: Bearer ${api.keys.ingest}\r\n${length}`;
    socket.write(`POST /v1/usage HTTP/1.1\r\n${length}\r\n\r\n`);
    socket.on('data', (data) => {
      const isFirst = text === '';
      text += String(data);
      if (isFirst) socket.write(`${EVENT}POST /v1/usage HTTP/1.1\r\n${good}\r\n\r\n${EVENT}`);
      if (text.includes(' 202 ')) socket.destroy();
    });
    socket.on('close', () => resolve(text));
  });
  expect(answers).toContain(' 401 ');
  expect(answers).toContain(' 202 ');
});

/** What Node leaves of an exchange whose caller has gone. */
const exchange = (change: object): ServerResponse =>
  ({
    headersSent: false,
    setHeader: () => {
      throw new Error('nobody reads it');
    },
    req: {
      complete: false,
      headers: { 'content-length': '1000000' },
      pause: () => undefined,
      socket: null,
    },
    ...change,
  }) as unknown as ServerResponse;

test.each([
  ['has left', {}],
  ['has an answer already', { headersSent: true }],
])('a caller who %s costs nothing', (_what, change) => {
  expect(() => leaveBodyUnread(exchange(change))).not.toThrow();
});
