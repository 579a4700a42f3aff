/**
 * The error table, read through the real stripe package from a server that answers as Stripe does:
 * what each failure means, and whether the same call may be repeated.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApplicationFailure } from '@temporalio/common';
import type Stripe from 'stripe';
import { callingStripe, stripeFailure } from '../../activities/stripe-failure';
import { DomainError } from '../../src/core/errors';
import { STRIPE_API_VERSION, assertObject, createStripe } from '../../src/stripe/client';
import { classifyStripeError, isDuplicateIdentifier } from '../../src/stripe/errors';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let stripe: Stripe;
let answer: Answer;
let requests: IncomingMessage[];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  stripe = createStripe({ secretKey: 'sk_test_errors', apiBase: `http://127.0.0.1:${port}` });
});
beforeEach(() => {
  requests = [];
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'request-id': 'req_1',
      ...headers,
    });
    response.end(JSON.stringify(body));
  };
}

function refusal(
  status: number,
  type: string,
  more: Record<string, string> = {},
  headers: Record<string, string> = {},
): Answer {
  return json(status, { error: { type, message: 'jane@example.com 4242', ...more } }, headers);
}

async function failureOf(reply: Answer): Promise<unknown> {
  answer = reply;
  return stripe.customers.create({ email: 'jane@example.com' }, { idempotencyKey: 'k1' }).then(
    () => {
      throw new Error('The call succeeded.');
    },
    (error: unknown) => error,
  );
}

const API = 'api_error';
const INVALID = 'invalid_request_error';
const DUPLICATE = { message: 'An event already exists with identifier sub_1:0:overage:1.' };

describe('what a failed call means', () => {
  test.each<[string, Answer, string, string, boolean]>([
    [
      'a cut connection',
      (request) => request.socket.destroy(),
      'connection',
      'stripe_unreachable',
      true,
    ],
    [
      'an answer cut in the middle',
      (_request, response) => {
        response.writeHead(500, { 'content-length': '100' });
        response.write('{"err');
        response.destroy();
      },
      'connection',
      'stripe_unreachable',
      true,
    ],
    [
      'a proxy’s error page',
      (_request, response) => response.writeHead(502).end('<html>'),
      'connection',
      'stripe_unreachable',
      true,
    ],
    [
      'JSON that is no Stripe error',
      json(404, { message: 'Not Found' }),
      'connection',
      'stripe_unreachable',
      true,
    ],
    [
      'a success that is not JSON',
      (_request, response) => response.end('<html>'),
      'connection',
      'stripe_unreachable',
      true,
    ],
    [
      '429 rate_limit',
      refusal(429, INVALID, { code: 'rate_limit' }),
      'rate_limit',
      'stripe_rate_limited',
      true,
    ],
    [
      '400 rate_limit, as old endpoints say it',
      refusal(400, INVALID, { code: 'rate_limit' }),
      'rate_limit',
      'stripe_rate_limited',
      true,
    ],
    [
      '429 lock_timeout',
      refusal(429, INVALID, { code: 'lock_timeout' }),
      'lock_timeout',
      'stripe_lock_timeout',
      true,
    ],
    [
      '409: the first request with this key still runs',
      refusal(409, 'idempotency_error', { code: 'idempotency_key_in_use' }),
      'conflict',
      'stripe_conflict',
      true,
    ],
    [
      '400: the key was used for something else',
      refusal(400, 'idempotency_error'),
      'idempotency_mismatch',
      'stripe_idempotency_mismatch',
      false,
    ],
    ['500', refusal(500, API), 'server', 'stripe_server_error', true],
    ['502', refusal(502, API), 'server', 'stripe_server_error', true],
    ['503', refusal(503, API), 'server', 'stripe_server_error', true],
    ['504', refusal(504, API), 'server', 'stripe_server_error', true],
    ['400', refusal(400, INVALID, { param: 'email' }), 'invalid', 'stripe_invalid_request', false],
    [
      '404',
      refusal(404, INVALID, { code: 'resource_missing' }),
      'invalid',
      'stripe_resource_missing',
      false,
    ],
    [
      'an empty balance',
      refusal(400, INVALID, { code: 'balance_insufficient' }),
      'invalid',
      'stripe_balance_insufficient',
      false,
    ],
    ['401', refusal(401, INVALID), 'auth', 'stripe_unauthenticated', false],
    ['403', refusal(403, INVALID), 'auth', 'stripe_forbidden', false],
    [
      '402',
      refusal(402, 'card_error', { code: 'card_declined', decline_code: 'lost_card' }),
      'card',
      'stripe_card_declined',
      false,
    ],
    [
      'a meter event that Stripe has',
      refusal(400, INVALID, DUPLICATE),
      'already_exists',
      'stripe_already_exists',
      false,
    ],
    [
      'the same, said by code',
      refusal(400, INVALID, { code: 'duplicate_meter_event' }),
      'already_exists',
      'stripe_already_exists',
      false,
    ],
    [
      'a status that nobody foresaw',
      refusal(418, INVALID),
      'invalid',
      'stripe_invalid_request',
      false,
    ],
  ])('%s', async (_case, reply, kind, type, retryable) => {
    expect(classifyStripeError(await failureOf(reply))).toMatchObject({ kind, type, retryable });
  });

  test('only what may have happened all the same is of unknown outcome', async () => {
    const isUnknown = async (reply: Answer) =>
      classifyStripeError(await failureOf(reply))?.isOutcomeUnknown;
    expect(await isUnknown((request) => request.socket.destroy())).toBe(true);
    expect(await isUnknown(refusal(500, API))).toBe(true);
    expect(await isUnknown(refusal(429, INVALID))).toBe(false);
    expect(await isUnknown(refusal(400, INVALID))).toBe(false);
  });

  test('an error that is not Stripe’s is not judged', () => {
    expect(classifyStripeError(new TypeError('x'))).toBeNull();
    expect(classifyStripeError(undefined)).toBeNull();
  });
});

describe('Stripe’s own advice', () => {
  test.each([
    ['false', 500, false],
    ['true', 400, true],
    ['true', 429, true],
    ['false', 429, false],
  ])('stripe-should-retry: %s on a %d decides', async (shouldRetry, status, retryable) => {
    const reply = refusal(status, API, {}, { 'stripe-should-retry': shouldRetry });
    expect(classifyStripeError(await failureOf(reply))?.retryable).toBe(retryable);
  });

  test('a meter event that Stripe has is success, whatever it advises', async () => {
    const reply = refusal(400, INVALID, DUPLICATE, { 'stripe-should-retry': 'true' });
    const error = await failureOf(reply);
    expect(isDuplicateIdentifier(error)).toBe(true);
    expect(classifyStripeError(error)?.retryable).toBe(false);
    expect(isDuplicateIdentifier(await failureOf(refusal(400, INVALID)))).toBe(false);
  });

  test('retry-after is waited for, and a rate limit without it waits two seconds', async () => {
    const withAdvice = refusal(429, INVALID, {}, { 'retry-after': '7' });
    expect(classifyStripeError(await failureOf(withAdvice))?.retryAfterMs).toBe(7_000);
    expect(classifyStripeError(await failureOf(refusal(429, INVALID)))?.retryAfterMs).toBe(2_000);
    expect(classifyStripeError(await failureOf(refusal(500, API)))?.retryAfterMs).toBeUndefined();
  });
});

describe('the client', () => {
  test('sends our key and version, and does not repeat what Stripe refused', async () => {
    await failureOf(refusal(500, API));
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers).toMatchObject({
      'idempotency-key': 'k1',
      'stripe-version': STRIPE_API_VERSION,
    });
    expect(requests[0]?.headers['x-stripe-client-telemetry']).toBeUndefined();
  });

  test('repeats a cut connection once, with the same key', async () => {
    await failureOf((request) => request.socket.destroy());
    expect(requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['k1', 'k1']);
  });

  test('an answer that is another object is refused before it is used', async () => {
    answer = json(200, { object: 'list', data: [] });
    const customer = await stripe.customers.retrieve('cus_1');
    expect(() => assertObject(customer, 'customer')).toThrow(/object "list": expected "customer"/);
  });

  test('an address that is no web address is refused', () => {
    const create = () => createStripe({ secretKey: 'sk_test_x', apiBase: 'ftp://127.0.0.1' });
    expect(create).toThrow(/STRIPE_API_BASE is ftp/);
  });
});

describe('a failed call of an activity', () => {
  const calling = (reply: Answer) => {
    answer = reply;
    return callingStripe(() => stripe.customers.create({ email: 'jane@example.com' }));
  };

  test('fails with the table’s type, and is not retried where that is pointless', async () => {
    const failure: unknown = await calling(
      refusal(402, 'card_error', { code: 'card_declined', decline_code: 'lost_card' }),
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({
      type: 'stripe_card_declined',
      nonRetryable: true,
      message:
        'Stripe: stripe_card_declined ' +
        '(HTTP 402, code card_declined, decline code lost_card, request req_1)',
    });
  });

  test('waits at least as long as told, and not all at the same moment', async () => {
    const reply = refusal(429, INVALID, {}, { 'retry-after': '4' });
    const failure: unknown = await calling(reply).catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'stripe_rate_limited', nonRetryable: false });
    const { nextRetryDelay } = failure as ApplicationFailure;
    expect(nextRetryDelay).toBeGreaterThanOrEqual(4_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(6_000);
  });

  test('carries no personal data and no headers into the history', async () => {
    const failure: unknown = await calling(refusal(400, INVALID, { param: 'email' })).catch(
      (error: unknown) => error,
    );
    const told = JSON.stringify({ ...(failure as object), message: String(failure) });
    expect(told).not.toMatch(/jane|4242|idempotency|sk_test/);
    expect(told).toMatch(/parameter email/);
  });

  test('a broken rule keeps its code, another error stays what it is', () => {
    expect(stripeFailure(new DomainError('catalog_not_pushed', 'Push it.'))).toMatchObject({
      type: 'catalog_not_pushed',
      nonRetryable: false,
    });
    const bug = new TypeError('x');
    expect(stripeFailure(bug)).toBe(bug);
  });
});
