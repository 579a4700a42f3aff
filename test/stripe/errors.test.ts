/**
 * The error table, read through the real stripe package from a server that answers as Stripe does:
 * what each failure means, and whether the same call may be repeated.
 */
import { STRIPE_API_VERSION, assertObject, createStripe } from '../../src/stripe/client';
import { classifyStripeError, isDuplicateIdentifier } from '../../src/stripe/errors';
import { json, refusal, startScriptedStripe } from '../support/stripe/scripted-stripe';
import type { Answer, ScriptedStripe } from '../support/stripe/scripted-stripe';

let scripted: ScriptedStripe;
beforeAll(async () => {
  scripted = await startScriptedStripe();
});
afterAll(() => scripted.close());
beforeEach(() => {
  scripted.requests.length = 0;
});

const failureOf = (answer: Answer) => scripted.failureOf(answer);

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
    expect(scripted.requests).toHaveLength(1);
    expect(scripted.requests[0]?.headers).toMatchObject({
      'idempotency-key': 'k1',
      'stripe-version': STRIPE_API_VERSION,
    });
    expect(scripted.requests[0]?.headers['x-stripe-client-telemetry']).toBeUndefined();
  });

  test('repeats a cut connection once, with the same key', async () => {
    await failureOf((request) => request.socket.destroy());
    expect(scripted.requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'k1',
      'k1',
    ]);
  });

  test('an answer that is another object is refused before it is used', async () => {
    scripted.answer = json(200, { object: 'list', data: [] });
    const customer = await scripted.stripe.customers.retrieve('cus_1');
    expect(() => assertObject(customer, 'customer')).toThrow(/object "list": expected "customer"/);
  });

  test('an address that is no web address is refused', () => {
    const create = () => createStripe({ secretKey: 'sk_test_x', apiBase: 'ftp://127.0.0.1' });
    expect(create).toThrow(/STRIPE_API_BASE is ftp/);
  });
});
