/** Goal: a throttled customer's calls are spread over the minute, and never refused. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createThrottle, TollkeeperClient } from '../../src/sdk';
import type { Access, TollkeeperError } from '../../src/sdk';

let server: Server;
let tollkeeper: TollkeeperClient;
let access: Access | undefined;
let asked: number;
let errors: TollkeeperError[];

beforeEach(async () => {
  asked = 0;
  errors = [];
  server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(access ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify(access ?? { code: 'internal', detail: 'Broken.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  tollkeeper = new TollkeeperClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'tk',
    onError: (error) => errors.push(error),
  });
});

afterEach(async () => {
  await tollkeeper.close();
  server.closeAllConnections();
  server.close();
});

const THROTTLED: Access = { state: 'throttled', reasons: [], requestsPerMinute: 600 };

async function msOf(calls: readonly Promise<unknown>[]): Promise<number> {
  const start = performance.now();
  await Promise.all(calls);
  return performance.now() - start;
}

test('calls of a throttled customer keep the distance that is advised', async () => {
  access = THROTTLED;
  const { throttle } = createThrottle(tollkeeper);
  // 600 a minute: one each 100 ms, the first at once.
  expect(await msOf([1, 2, 3, 4].map(() => throttle('ada')))).toBeGreaterThanOrEqual(290);
  expect(asked).toBe(1);
});

test('a call is never held longer than the most', async () => {
  access = { ...THROTTLED, requestsPerMinute: 1 };
  const { throttle } = createThrottle(tollkeeper, { maxDelayMs: 50 });
  expect(await msOf([1, 2, 3].map(() => throttle('ada')))).toBeLessThan(5_000);
});

test('other customers, and states without a rate, are not held', async () => {
  access = { state: 'revoked', reasons: [] };
  const { throttle } = createThrottle(tollkeeper);
  expect(await throttle('ada')).toEqual(access);
  expect(await msOf([1, 2, 3].map(() => throttle('ada')))).toBeLessThan(1_000);
});

test('the advice is asked for again after its time', async () => {
  access = { state: 'ok', reasons: [] };
  const { throttle } = createThrottle(tollkeeper, { cacheMs: 0 });
  await throttle('ada');
  await throttle('ada');
  expect(asked).toBe(2);
});

test('while the API can not be asked, calls go on, and it is told', async () => {
  access = undefined;
  const { throttle } = createThrottle(tollkeeper);
  expect(await throttle('ada')).toBeUndefined();
  expect(errors).toMatchObject([{ code: 'request_failed', status: 500, problem: 'internal' }]);
});
