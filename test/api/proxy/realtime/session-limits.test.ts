/** Goal: a session keeps to what its key and its customer may, also when that changes. */
import { once, setMaxListeners } from 'node:events';
import { WebSocket } from 'ws';
import { next, refusalOf, say } from '../../../support/openai/realtime-client';
import { useRealtime } from '../../../support/openai/realtime-stage';
import { eventually } from '../../../support/stack/eventually';

const on = useRealtime();
const { start, open } = on;

describe('an open session', () => {
  /** Node's own timers go on: the database is asked by them. */
  beforeEach(() => {
    jest.useFakeTimers({
      doNotFake: [
        ...(['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] as const),
        ...(['nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const),
      ],
    });
  });
  afterEach(() => void jest.useRealTimers());

  const LOOK_MS = 10_000;
  const revoke = () => on.at.api.pool.query('update api_keys set revoked_at = now()');
  const endSubscription = () =>
    on.at.api.pool.query("update customers set billing_status = 'ended'");

  test.each([
    ['whose key was revoked', revoke, 'unauthorized', 'invalid_api_key'],
    ['whose subscription has ended', endSubscription, 'subscription_ended', 'subscription_ended'],
  ])('%s is ended at the next look, and told why', async (_whose, change, reason, code) => {
    await start();
    const socket = open(await on.at.keyOf('ada'));
    await next(socket, 'session.created');
    say(socket, { type: 'response.create', response: { instructions: 'endless' } });
    await next(socket, 'response.output_audio.delta');
    await change();
    const [told, closed] = [next(socket, 'error'), once(socket, 'close')];
    jest.advanceTimersByTime(LOOK_MS);
    expect(await told).toMatchObject({ error: { code } });
    const [closeCode, closeReason] = (await closed) as [number, Buffer];
    expect([closeCode, String(closeReason)]).toEqual([1008, reason]);
    // What was said until then is billed.
    expect(await on.at.ledger(1)).toMatchObject([{ metadata: { estimated: 'true' } }]);
  });

  test('stays open while the key can’t be looked at', async () => {
    await start();
    const socket = open(String(on.at.openai.apiKey));
    await next(socket, 'session.created');
    await on.at.database.shut();
    jest.advanceTimersByTime(LOOK_MS);
    say(socket, { type: 'response.create' });
    await next(socket, 'response.done');
    await on.at.database.open();
  });
});

test('a key has a hundred sessions at most, and another one after one of them', async () => {
  await start();
  const key = await on.at.keyOf('ada');
  const sessions = Array.from({ length: 100 }, () => open(key));
  await Promise.all(sessions.map((socket) => once(socket, 'open')));
  const [status, text] = await refusalOf(open(key));
  expect([status, text]).toEqual([429, expect.stringContaining('100 of a key')]);
  await once(open(String(on.at.openai.apiKey)), 'open');
  sessions[0]?.close();
  await eventually(
    () => on.provider.sessions.filter((each) => each.readyState === WebSocket.OPEN).length,
    (count) => count === 100,
  );
  await once(open(key), 'open');
});

test('a session counts as a request of its key: what is too many is told before it is opened', async () => {
  await start({ config: { LIMIT_PROXY_PER_SECOND: 1 } });
  const key = await on.at.keyOf('ada');
  const refusals = Array.from({ length: 100 }, () => open(key)).map(
    (socket) =>
      new Promise<number>((resolve) => {
        socket.once('open', () => resolve(101));
        socket.once('unexpected-response', (_request, answer) =>
          resolve(Number(answer.statusCode)),
        );
      }),
  );
  const statuses = await Promise.all(refusals);
  expect(new Set(statuses)).toEqual(new Set([101, 429]));
});

test('past the plan’s point a response that the provider begins by itself waits, or is cancelled', async () => {
  await start();
  await on.at.api.pool.query(`update customers set dunning_access = 'throttled'`);
  const socket = open(String(on.at.openai.apiKey));
  await next(socket, 'session.created');
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  const statuses: unknown[] = [];
  const asked = { model: 'gpt-4o-mini', messages: [] };
  const access = async () => {
    const { response } = await on.at.openai.chat.completions.create(asked).withResponse();
    return response.headers.get('x-tollkeeper-access');
  };
  await eventually(access, (told) => told === 'throttled');
  const calls = Array.from({ length: 40 }, () =>
    on.at.openai.chat.completions
      .create(asked, { signal: leaving.signal })
      .catch(({ status }: { status?: number }) => void statuses.push(status)),
  );
  // All places of the next half minute are taken.
  await eventually(
    () => statuses,
    (all) => all.includes(429),
  );
  say(socket, { type: 'input_audio_buffer.append', audio: 'A' });
  expect(await next(socket, 'error')).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
  await eventually(
    () => on.provider.received,
    (texts) => texts.some((text) => text.includes('response.cancel')),
  );
  leaving.abort();
  await Promise.all(calls);
});
