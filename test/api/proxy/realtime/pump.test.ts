/** Goal: a session ends when it has to, on both sides, and both are told why. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { pump } from '../../../../src/api/proxy/realtime/pump';
import type { PumpLimits, PumpSides } from '../../../../src/api/proxy/realtime/pump';

const NEVER_MS = 3_600_000;
const NEVER: PumpLimits = { idleMs: NEVER_MS, lifeMs: NEVER_MS, lookMs: NEVER_MS };

let server: WebSocketServer;

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});

afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

/** Our end of a connection, and the far one. */
async function connected(): Promise<[ours: WebSocket, far: WebSocket]> {
  const far = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[ours]] = await Promise.all([once(server, 'connection'), once(far, 'open')]);
  (ours as WebSocket).pause();
  return [ours as WebSocket, far];
}

async function pumped(limits: Partial<PumpLimits>, change: Partial<PumpSides> = {}) {
  const [[client, app], [provider, far]] = [await connected(), await connected()];
  const stopping = new AbortController();
  const ends = [app, far].map(async (side) => {
    const [code, reason] = (await once(side, 'close')) as [number, Buffer];
    return [code, String(reason)];
  });
  const sides = {
    ...{ client, provider, fromClient: async () => true, fromProvider: async () => undefined },
    whyNot: async () => undefined,
    ...change,
  };
  const ended = pump(sides, stopping.signal, { ...NEVER, ...limits });
  return { app, far, stopping, ends: () => Promise.all(ends), ended };
}

test.each([
  ['is silent for too long', { idleMs: 10 }, 'nothing came for too long'],
  ['takes too long', { lifeMs: 10 }, 'the session took too long'],
])('a session that %s is ended', async (_how, limits, reason) => {
  const { ends, ended } = await pumped(limits);
  expect(await ends()).toEqual([
    [1001, reason],
    [1001, reason],
  ]);
  await ended;
});

test('one that may not go on is ended at the next look, and not before', async () => {
  const answers = [undefined, undefined, 'unauthorized'];
  const looks: (string | undefined)[] = [];
  const whyNot = async () => (looks.push(answers[0]), answers.shift());
  const { ends, ended } = await pumped({ lookMs: 5 }, { whyNot });
  expect(await ends()).toEqual([
    [1008, 'unauthorized'],
    [1008, 'unauthorized'],
  ]);
  await ended;
  expect(looks.slice(0, 3)).toEqual([undefined, undefined, 'unauthorized']);
});

test('the end of this process ends it', async () => {
  const { stopping, ends, ended } = await pumped({});
  stopping.abort();
  expect(await ends()).toEqual(Array(2).fill([1001, 'this process is stopping']));
  await ended;
});

test('what came before a side closed reaches the other, in order', async () => {
  const { app, far, ended } = await pumped({});
  const heard: string[] = [];
  far.on('message', (data) => heard.push(String(data)));
  for (let number = 0; number < 100; number += 1) app.send(String(number));
  app.close(1000, 'enough');
  const [code] = (await once(far, 'close')) as [number];
  await ended;
  expect(heard).toEqual(Array.from({ length: 100 }, (_, number) => String(number)));
  expect(code).toBe(1000);
});
