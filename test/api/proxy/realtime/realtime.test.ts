/** Goal: a session by websocket is let in as a call is, and each of its responses is billed. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { WebSocket } from 'ws';
import { UPSTREAM_KEY } from '../../../support/openai/proxied-openai';
import { MODEL, next, refusalOf, say } from '../../../support/openai/realtime-client';
import { useRealtime } from '../../../support/openai/realtime-stage';

const on = useRealtime();
const { start, open } = on;

const TOKENS = { input: 86, cacheRead: 64, output: 100 };

test('each response of a session is in the ledger once, with what of it was sound', async () => {
  await start();
  const socket = open(String(on.at.openai.apiKey));
  expect(await next(socket, 'session.created')).toMatchObject({ session: { model: MODEL } });
  for (const instructions of ['one', 'two, interrupted']) {
    say(socket, { type: 'response.create', response: { instructions } });
    await next(socket, 'response.done');
  }
  const events = await on.at.ledger(2);
  for (const event of events)
    expect(event).toMatchObject({
      ...{ customer: 'ada', model: MODEL, tokens: TOKENS },
      metadata: { endpoint: 'realtime', audioInput: 100, audioOutput: 80, audioCacheRead: 50 },
    });
  expect(events.map(({ metadata }) => metadata.responseId).sort()).toEqual(['resp_1', 'resp_2']);
  expect(events.some(({ metadata }) => 'estimated' in metadata)).toBe(false);
  const [asked] = on.provider.asked;
  expect(asked?.url).toBe(`/v1/realtime?model=${MODEL}`);
  expect(asked?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`);
  expect(JSON.stringify(asked?.headers)).not.toContain(on.at.openai.apiKey);
  expect(on.at.logged()).not.toMatch(/tk_|sk-upstream/);
});

test('what is said is written down by a model of its own, which is billed, too', async () => {
  await start();
  const socket = open(String(on.at.openai.apiKey));
  await once(socket, 'open');
  say(socket, { type: 'input_audio_buffer.commit' });
  expect(await on.at.ledger(1)).toMatchObject([
    {
      ...{ model: 'gpt-4o-transcribe', tokens: { input: 17, output: 5 } },
      metadata: { endpoint: 'audio', audioInput: 17 },
    },
  ]);
});

test.each([
  ['by the app', (socket: WebSocket) => socket.terminate()],
  ['by the provider', () => on.provider.sessions[0]?.terminate()],
  ['by the end of this process', () => void on.at.api.stop()],
])(
  'a response under way when the session is ended %s is estimated, and marked',
  async (_by, end) => {
    await start();
    const socket = open(String(on.at.openai.apiKey));
    await once(socket, 'open');
    say(socket, { type: 'response.create' });
    await next(socket, 'response.done');
    say(socket, { type: 'response.create', response: { instructions: 'endless' } });
    await next(socket, 'response.output_audio.delta');
    const closed = once(socket, 'close');
    end(socket);
    await closed;
    const events = await on.at.ledger(2);
    const marked = events.filter(({ metadata }) => metadata.estimated === 'true');
    // It has read what the one before it had read, and said twenty-four characters.
    expect(marked).toMatchObject([{ tokens: { input: 150, output: 6 } }]);
  },
);

test('who may not call is told so before anything is upgraded', async () => {
  await start({ knownModelsOnly: true });
  const key = String(on.at.openai.apiKey);
  expect(await refusalOf(open('tk_none'))).toEqual([
    401,
    expect.stringContaining('invalid_api_key'),
  ]);
  expect(await refusalOf(open(on.at.api.keys.read))).toEqual([
    403,
    expect.stringContaining('proxy'),
  ]);
  expect(await refusalOf(open(key, '?model=dear'))).toEqual([403, expect.stringContaining('dear')]);
  await on.at.api.pool.query("update customers set billing_status = 'ended'");
  expect(await refusalOf(open(await on.at.keyOf('ada')))).toEqual([
    ...[403, expect.stringContaining('subscription_ended')],
  ]);
  expect(on.provider.asked).toEqual([]);
});

test('what the provider says to a session that it does not take reaches the app', async () => {
  await start();
  const refusal = await refusalOf(open(String(on.at.openai.apiKey), '?model=none'));
  expect(refusal).toEqual([404, expect.stringContaining('no such model')]);
});

test('doors beside it that lead around the proxy stay closed', async () => {
  await start();
  for (const path of ['/realtime/client_secrets', '/realtime/sessions', '/realtime/calls'])
    await expect(on.at.openai.post(path, { body: {} })).rejects.toMatchObject({ status: 403 });
});

test('a message that is too long ends the session, and not the process', async () => {
  await start();
  const socket = open(String(on.at.openai.apiKey));
  await once(socket, 'open');
  const closed = once(socket, 'close');
  socket.send('x'.repeat(21 * 1024 * 1024));
  expect((await closed)[0]).toBe(1009);
});

/** Java's client makes every first request so. */
function offering(protocol: string, path: string): Promise<number> {
  const headers = {
    ...{ connection: 'Upgrade, HTTP2-Settings', upgrade: protocol, 'http2-settings': 'AAMAAABk' },
    authorization: `Bearer ${on.at.openai.apiKey}`,
  };
  return new Promise((resolve, reject) => {
    const call = request(on.at.api.url + path, { headers, agent: false }, (answer) => {
      answer.resume();
      resolve(Number(answer.statusCode));
    });
    call.on('upgrade', () => reject(new Error('it was upgraded'))).on('error', reject);
    call.end();
  });
}

test.each([
  ['h2c', '/openai/v1/models', 200],
  ['websocket', '/openai/v1/models', 200],
  ['websocket', '/none', 404],
])('an offer of %s on %s is answered as if there was none', async (protocol, path, status) => {
  await start();
  expect(await offering(protocol, path)).toBe(status);
});
