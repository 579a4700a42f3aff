/** Goal: who is to be throttled really is, by the SDK's rule; nobody else is held or refused. */
import type { ServerResponse } from 'node:http';
import { pino } from 'pino';
import { headersToCaller } from '../../../src/api/proxy/request/headers';
import { createPacer } from '../../../src/api/proxy/pacer';
import type { Access } from '../../../src/core/subscription/access';
import { ask, drain } from '../../support/openai/metered-openai';
import { startProxiedOpenAI } from '../../support/openai/proxied-openai';
import type { ProxiedOpenAI } from '../../support/openai/proxied-openai';
import { eventually } from '../../support/stack/eventually';

const log = pino({ level: 'silent' });
const THROTTLED: Access = {
  state: 'throttled',
  reasons: [{ code: 'allowance_exceeded', message: '9 of 1 included tokens are used.' }],
  requestsPerMinute: 1,
  upgrade: 'größer',
};

function aCall() {
  const headers = new Map<string, unknown>();
  const response = { setHeader: headers.set.bind(headers) } as unknown as ServerResponse;
  const leaving = new AbortController();
  return { headers, leaving, call: { response, signal: leaving.signal } };
}

describe('a throttled customer', () => {
  test('has the calls that the plan says, and no place for more of them', async () => {
    const pacer = createPacer(async () => ({ ...THROTTLED, requestsPerMinute: 6 }), log);
    await pacer.take('ada', aCall().call);
    // 6 a minute: the next go after 10, 20 and 30 seconds, and the one after that has no place.
    const [second, third, fourth, fifth] = [aCall(), aCall(), aCall(), aCall()];
    const held = [second, third, fourth].map(({ call }) => pacer.take('ada', call));
    await expect(pacer.take('ada', fifth.call)).rejects.toMatchObject({
      code: 'too_many_requests',
      detail: { retryAfterSeconds: 10 },
      message: expect.stringMatching(/6 a minute.*9 of 1 included tokens.*not made/),
    });
    for (const { leaving } of [second, third, fourth]) leaving.abort();
    const ends = await Promise.allSettled(held);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([second, third, fourth].map(({ headers }) => headers.get(DELAYED))).toEqual([
      ...[expect.closeTo(10_000, -3), expect.closeTo(20_000, -3), expect.closeTo(30_000, -3)],
    ]);
  });

  test('is told why, and what would help', async () => {
    const { headers, call } = aCall();
    await createPacer(async () => THROTTLED, log).take('ada', call);
    expect(Object.fromEntries(headers)).toEqual({
      'x-tollkeeper-access': 'throttled',
      'x-tollkeeper-access-reasons': 'allowance_exceeded',
      'x-tollkeeper-requests-per-minute': 1,
      'x-tollkeeper-upgrade': encodeURIComponent('größer'),
    });
  });

  test('holds up nobody else', async () => {
    const pacer = createPacer(async (who) => (who === 'ada' ? THROTTLED : OK), log);
    await pacer.take('ada', aCall().call);
    await Promise.all(Array.from({ length: 50 }, () => pacer.take('bob', aCall().call)));
  });
});

const DELAYED = 'x-tollkeeper-delayed-ms';
const OK: Access = { state: 'ok', reasons: [] };
const WARNED: Access = { state: 'warned', reasons: THROTTLED.reasons };

test.each<[string, () => Promise<Access | undefined>]>([
  ['is well', async () => OK],
  ['is warned', async () => WARNED],
  ['is unknown', async () => undefined],
  ['can’t be read', () => Promise.reject(new Error('the database is away'))],
  ['is not told in time', () => new Promise(() => undefined)],
])('a hundred calls of a customer whose access %s go as they come', async (_how, readAccess) => {
  const pacer = createPacer(readAccess, log);
  const calls = Array.from({ length: 100 }, aCall);
  await Promise.all(calls.map(({ call }) => pacer.take('ada', call)));
  expect(calls.some(({ headers }) => headers.has(DELAYED))).toBe(false);
});

test('what was read serves many calls', async () => {
  let readings = 0;
  const pacer = createPacer(async () => ((readings += 1), OK), log);
  for (let call = 0; call < 100; call += 1) await pacer.take('ada', aCall().call);
  expect(readings).toBe(1);
});

describe('through the proxy', () => {
  let at: ProxiedOpenAI;
  beforeEach(async () => {
    at = await startProxiedOpenAI();
  });
  afterEach(() => at.end());

  test('calls of a customer who does not pay are slower, all made, and all recorded', async () => {
    await at.api.pool.query(`update customers set dunning_access = 'throttled'`);
    const create = () => at.openai.chat.completions.create({ ...ask('x'), stream: true });
    const [first, second] = await Promise.all([create().withResponse(), create().withResponse()]);
    await Promise.all([first, second].map(({ data }) => drain(data)));
    const told = [first, second].map(({ response }) => response.headers);
    expect(told.map((headers) => headers.get('x-tollkeeper-access'))).toEqual([
      ...['throttled', 'throttled'],
    ]);
    // One of them, whichever came first, was not held.
    expect(told.filter((headers) => headers.has(DELAYED))).toHaveLength(1);
    expect(await at.ledger(2)).toHaveLength(2);
  });

  test('with more calls than places some are told to come again, and nothing of them is made', async () => {
    await at.api.pool.query(`update customers set dunning_access = 'throttled'`);
    const leaving = new AbortController();
    const codes: unknown[] = [];
    const calls = Array.from({ length: 40 }, () =>
      at.openai.chat.completions
        .create(ask('x'), { signal: leaving.signal })
        .catch((error: { status?: number; code?: string; headers?: Headers }) => {
          if (error.status === undefined) return;
          const after = Number(error.headers?.get('retry-after'));
          codes.push([error.status, error.code, after > 0]);
        }),
    );
    await eventually(
      () => codes.length,
      (refused) => refused > 0,
    );
    leaving.abort();
    await Promise.all(calls);
    expect(codes[0]).toEqual([429, 'rate_limit_exceeded', true]);
    expect(at.provider.asked.length).toBeLessThan(codes.length + 31);
  });
});

test('a provider’s word of our own headers does not pass', () => {
  expect(headersToCaller({ 'x-tollkeeper-access': 'ok', 'x-mine': 'passes' })).toEqual({
    'x-mine': 'passes',
  });
});
