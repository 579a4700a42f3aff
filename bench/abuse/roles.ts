/** The processes of the measurement, besides the service: each is this program in another role. */
import { fork } from 'node:child_process';
import type { ChildProcess, ForkOptions } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpuUsage } from 'node:process';
import { join } from 'node:path';
import { nice, setSessionNiceness } from '../niceness';
import { abuse, ABUSERS } from './abusers';
import type { Target } from './abusers';
import { sendGood } from './good-client';
import type { GoodClient } from './good-client';

const WINDOW = { requests: 2_000, everyMs: 5 };
/**
 * A round where an abuser came less often than this many times its limit shows nothing, unless all
 * its connections waited for answers: the service holds those back.
 */
const BEYOND_LIMIT_MIN = 2;

const NICENESS_MAX = 19;

/** Milliseconds of each request of a window. */
export type Ask = () => Promise<number[]>;

const start = (role: string, words: readonly string[], options: ForkOptions = {}): ChildProcess =>
  fork(join(__dirname, 'run.ts'), [role, ...words], { serialization: 'advanced', ...options });

/** They would be elsewhere: what the service needs of this machine is the service's. */
async function startElsewhere(role: string, words: readonly string[]): Promise<ChildProcess> {
  const [execPath, ...nices] = nice(NICENESS_MAX);
  const execArgv = [...nices, process.execPath, ...process.execArgv];
  const child = start(role, words, { execPath, execArgv, detached: true });
  await once(child, 'spawn');
  await setSessionNiceness(Number(child.pid), NICENESS_MAX);
  return child;
}

async function nextMessage<T>(child: ChildProcess): Promise<T> {
  // What has come takes along the listeners that still wait.
  const come = new AbortController();
  const { signal } = come;
  const gone = once(child, 'exit', { signal }).then(() => {
    throw new Error('A process of the measurement ended too early.');
  });
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as [T];
    return message;
  } finally {
    gone.catch(() => undefined);
    come.abort();
  }
}

export function startGoodClient(client: GoodClient): { readonly ask: Ask; stop(): void } {
  const child = start('good', [JSON.stringify(client)]);
  return {
    ask: () => {
      child.send('go');
      return nextMessage<number[]>(child);
    },
    stop: () => child.disconnect(),
  };
}

export async function startBystander(): Promise<{ readonly url: string; stop(): void }> {
  const child = start('bystander', []);
  const port = await nextMessage<number>(child);
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}

export async function startAbusers(target: Target, names: readonly string[]) {
  const child = await startElsewhere('abusers', [JSON.stringify(target), ...names]);
  return {
    /** What each of them was answered, how often. */
    stop: async (): Promise<readonly string[]> => {
      child.send('stop');
      return nextMessage<readonly string[]>(child);
    },
  };
}

/** undefined: it is no role, and the whole measurement is meant. */
export function runRole(role: string, words: readonly string[]): Promise<void> | undefined {
  const [first = '', ...others] = words;
  process.once('disconnect', () => process.exit(0));
  if (role === 'good') return beGood(JSON.parse(first) as GoodClient);
  if (role === 'bystander') return standBy();
  if (role === 'abusers') return abuseUntilStopped(JSON.parse(first) as Target, others);
  return undefined;
}

async function beGood(client: GoodClient): Promise<void> {
  process.on('message', () => {
    void sendGood(client, WINDOW).then((took) => process.send?.(took));
  });
}

/** It reads a body and answers 202, and nothing else. */
async function standBy(): Promise<void> {
  const server = createServer((request, response) => {
    request.on('end', () => response.writeHead(202).end('{}')).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
}

async function abuseUntilStopped(target: Target, names: readonly string[]): Promise<void> {
  const stopping = new AbortController();
  process.once('message', () => stopping.abort());
  const begun = performance.now();
  const counts = await abuse(target, stopping.signal, names);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = cpuUsage();
  const lines = names.map((name) => summary(name, counts, seconds));
  lines.push(`all together took ${((user + system) / 1e6 / seconds).toFixed(2)} of a processor`);
  process.send?.(lines, () => process.exit(0));
}

function summary(name: string, counts: ReadonlyMap<string, number>, seconds: number): string {
  const own = [...counts].filter(([line]) => line.startsWith(`${name}: `));
  const answers = own.map(([line, times]) => `${line.slice(name.length + 2)} × ${times}`);
  const abuser = ABUSERS[name];
  if (!abuser) return `${name}: ${answers.join(', ') || 'none ended'}`;
  const sent = own.filter(([line]) => !line.includes('not sent'));
  const rate = sent.reduce((sum, [, times]) => sum + times, 0) / seconds;
  const beyond = rate / abuser.allowedPerSecond;
  const isHeldBack = sent.length < own.length;
  const remark = beyond < BEYOND_LIMIT_MIN && !isHeldBack ? ' TOO FEW' : '';
  return `${name}: ${rate.toFixed(1)}/s, ${beyond.toFixed(1)} × the limit${remark}; ${answers.join(', ')}`;
}
