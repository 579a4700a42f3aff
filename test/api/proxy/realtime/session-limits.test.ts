/** Goal: a session keeps to what its key and its customer may, also when that changes. */
import { once, setMaxListeners } from 'node:events';
import { WebSocket } from 'ws';
import { startProxiedOpenAI } from '../../../support/openai/proxied-openai';
import type { ProxiedOpenAI, ProxyCase } from '../../../support/openai/proxied-openai';
import { next, openSession, refusalOf, say } from '../../../support/openai/realtime-client';
import { startRealtimeServer } from '../../../support/openai/realtime-server';
import type { RealtimeServer } from '../../../support/openai/realtime-server';
import { eventually } from '../../../support/stack/eventually';

let at: ProxiedOpenAI;
let provider: RealtimeServer;
const opened: WebSocket[] = [];

async function start(change: ProxyCase = {}): Promise<void> {
  provider = await startRealtimeServer();
  at = await startProxiedOpenAI({ upstreamUrl: provider.url, ...change });
}

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate();
  await at.end();
  await provider.close();
});

function open(key: string): WebSocket {
  const socket = openSession(at.api.url, key);
  opened.push(socket);
  return socket;
}

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
  const revoke = () => at.api.pool.query('update api_keys set revoked_at = now()');
  const endSubscription = () => at.api.pool.query("update customers set billing_status = 'ended'");

  test.each([
    ['whose key was revoked', revoke, 'unauthorized', 'invalid_api_key'],
    ['whose subscription has ended', endSubscription, 'subscription_ended', 'subscription_ended'],
  ])('%s is ended at the next look, and told why', async (_whose, change, reason, code) => {
    await start();
    const socket = open(await at.keyOf('ada'));
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
    expect(await at.ledger(1)).toMatchObject([{ metadata: { estimated: 'true' } }]);
  });

  test('stays open while the key can’t be looked at', async () => {
    await start();
    const socket = open(String(at.openai.apiKey));
    await next(socket, 'session.created');
    await at.database.shut();
    jest.advanceTimersByTime(LOOK_MS);
    say(socket, { type: 'response.create' });
    await next(socket, 'response.done');
    await at.database.open();
  });
});

test('a key has a hundred sessions at most, and another one after one of them', async () => {
  await start();
  const key = await at.keyOf('ada');
  const sessions = Array.from({ length: 100 }, () => open(key));
  await Promise.all(sessions.map((socket) => once(socket, 'open')));
  const [status, text] = await refusalOf(open(key));
  expect([status, text]).toEqual([429, expect.stringContaining('100 of a key')]);
  await once(open(String(at.openai.apiKey)), 'open');
  sessions[0]?.close();
  await eventually(
    () => provider.sessions.filter((each) => each.readyState === WebSocket.OPEN).length,
    (count) => count === 100,
  );
  await once(open(key), 'open');
});

test('a session counts as a request of its key: what is too many is told before it is opened', async () => {
  await start({ config: { LIMIT_PROXY_PER_SECOND: 1 } });
  const key = await at.keyOf('ada');
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
  await at.api.pool.query(`update customers set dunning_access = 'throttled'`);
  const socket = open(String(at.openai.apiKey));
  await next(socket, 'session.created');
  const leaving = new AbortController();
  setMaxListeners(0, leaving.signal);
  const statuses: unknown[] = [];
  const asked = { model: 'gpt-4o-mini', messages: [] };
  const access = async () => {
    const { response } = await at.openai.chat.completions.create(asked).withResponse();
    return response.headers.get('x-tollkeeper-access');
  };
  await eventually(access, (told) => told === 'throttled');
  const calls = Array.from({ length: 40 }, () =>
    at.openai.chat.completions
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
    () => provider.received,
    (texts) => texts.some((text) => text.includes('response.cancel')),
  );
  leaving.abort();
  await Promise.all(calls);
});
