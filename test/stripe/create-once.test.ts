/** Creating at Stripe exactly once: when the key is busy, and when it answers an old failure. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { createStripe } from '../../src/stripe/client';
import { createOnce } from '../../src/stripe/create-once';

interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

let server: Server;
let stripe: Stripe;
let replies: Reply[];
let keys: (string | undefined)[];

beforeAll(async () => {
  server = createServer((request, response) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    const { status, body, headers } = replies.shift() ?? { status: 200, body: { id: 'cus_new' } };
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  stripe = createStripe({ secretKey: 'sk_test_once', apiBase: `http://127.0.0.1:${port}` });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});
beforeEach(() => {
  replies = [];
  keys = [];
});

const refusal = (status: number, type: string, headers = {}): Reply => ({
  status,
  headers,
  body: { error: { type, message: 'no' } },
});
const STORED = { 'idempotent-replayed': 'true' };

function create(found: string | null = null, hoursAgo = 0) {
  const now = new Date('2026-01-02T00:00:00Z');
  return createOnce<{ id: string }>({
    idempotencyKey: 'customer:ann:create',
    firstTriedAt: new Date(now.getTime() - hoursAgo * 3_600_000),
    now,
    find: async () => (found === null ? null : { id: found }),
    create: (options) => stripe.customers.create({}, options),
  });
}

test('while another process is at it under the same key, it waits for the same result', async () => {
  const busy = refusal(409, 'idempotency_error');
  replies = [busy, busy];
  expect(await create()).toMatchObject({ id: 'cus_new' });
  expect(keys).toEqual(Array(3).fill('customer:ann:create'));
});

test('a failure that Stripe stored under the key is no verdict: what it made is found', async () => {
  replies = [refusal(500, 'api_error', STORED)];
  expect(await create('cus_old')).toEqual({ id: 'cus_old' });
  expect(keys).toHaveLength(1);
});

test('and where it made nothing, it is made under the next key', async () => {
  replies = [refusal(500, 'api_error', STORED)];
  expect(await create()).toMatchObject({ id: 'cus_new' });
  expect(keys).toEqual(['customer:ann:create', 'customer:ann:create:again']);
});

test('a fresh failure is told to the caller, who asks again under the same key', async () => {
  replies = [refusal(500, 'api_error')];
  await expect(create('cus_old')).rejects.toMatchObject({ statusCode: 500 });
});

test.each([
  [22.9, 'cus_new', 1],
  [23.1, 'cus_old', 0],
])(
  '%d hours after the first try it answers %s, with %d requests to create',
  async (hours, id, sent) => {
    expect(await create('cus_old', hours)).toMatchObject({ id });
    expect(keys).toHaveLength(sent);
  },
);
