/** Ten clients that do their worst, each from an address of its own, until they are stopped. */
import { setMaxListeners } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Target {
  readonly url: string;
  /** Keys that the abusers have been given; each is of the customer `mallory`. */
  readonly ingestKey: string;
  readonly readKey: string;
  readonly proxyKey: string;
  /** Links to a page, and to the portal. */
  readonly pageLink: string;
  readonly portalLink: string;
}

type Abuser = (target: Target, ask: Ask, stopping: AbortSignal) => readonly Promise<void>[];

interface Asking {
  readonly key?: string;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}
type Ask = (path: string, asking?: Asking) => Promise<void>;

/** So many do one thing after the other. */
const times = (connections: number, stopping: AbortSignal, step: () => Promise<unknown>) =>
  Array.from({ length: connections }, async () => {
    while (!stopping.aborted) {
      // A refused connection comes back at once, and would be all that this process does.
      await step().catch(() => pause(50));
    }
  });

const MEGABYTES = 'x'.repeat(1_950_000);
const DUPLICATES = JSON.stringify({
  events: Array.from({ length: 1_000 }, (_, index) => ({
    ...{ id: `again-${index}`, customer: 'mallory', model: 'm', tokens: { input: 1 } },
  })),
});
const DEEP = `{"id":"d","x":${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
const post = (body: string, key?: string): Asking => ({ method: 'POST', body, key });

export const ABUSERS: Readonly<Record<string, Abuser>> = {
  'unknown keys': (_target, ask, stopping) =>
    times(40, stopping, () => ask('/v1/customers/ada', { key: `tk_${Math.random()}` })),
  'duplicates by 40 connections': ({ ingestKey }, ask, stopping) =>
    times(40, stopping, () => ask('/v1/usage', post(DUPLICATES, ingestKey))),
  'slow bodies': ({ url, ingestKey }, _ask, stopping) =>
    times(100, stopping, () => sendSlowly(url, ingestKey, stopping)),
  'webhooks of megabytes': (_target, ask, stopping) =>
    times(10, stopping, () =>
      ask('/webhooks/stripe', { ...post(MEGABYTES), headers: { 'stripe-signature': 't=1,v1=0' } }),
    ),
  'live pages': ({ pageLink }, ask, stopping) =>
    times(30, stopping, () => ask(pageLink.replace('/dashboard?', '/dashboard/events?'))),
  'audit exports': ({ readKey }, ask, stopping) =>
    times(10, stopping, () => ask('/v1/customers/mallory/audit', { key: readKey })),
  'openings of the portal': ({ portalLink }, ask, stopping) =>
    times(10, stopping, () => ask(portalLink)),
  'JSON that is too large': ({ ingestKey }, ask, stopping) =>
    times(5, stopping, () => ask('/v1/usage', post(MEGABYTES + MEGABYTES, ingestKey))),
  'deep nesting': ({ ingestKey }, ask, stopping) =>
    times(5, stopping, () => ask('/v1/usage', post(DEEP, ingestKey))),
  'uploads to models': ({ proxyKey }, ask, stopping) =>
    times(5, stopping, () => ask('/openai/v1/chat/completions', post(MEGABYTES, proxyKey))),
};

/** Answers by status, once `stopping` says so. */
export async function abuse(
  target: Target,
  stopping: AbortSignal,
  names: readonly string[] = Object.keys(ABUSERS),
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  setMaxListeners(0, stopping);
  const works = Object.entries(ABUSERS)
    .filter(([name]) => names.includes(name))
    .map(([name, abuser], index) => {
      const ask: Ask = async (path, { key, method = 'GET', body, headers } = {}) => {
        const response = await fetch(new URL(path, target.url), {
          ...{ method, body, signal: stopping, redirect: 'manual' },
          headers: {
            ...{ 'content-type': 'application/json', 'x-forwarded-for': `203.0.113.${index + 1}` },
            ...(key !== undefined && { authorization: `Bearer ${key}` }),
            ...headers,
          },
        });
        const line = `${name}: ${response.status}`;
        counts.set(line, (counts.get(line) ?? 0) + 1);
        await response.arrayBuffer();
      };
      return Promise.all(abuser(target, ask, stopping));
    });
  await Promise.all(works);
  return counts;
}

/** A byte each second, of a body that was announced as a megabyte. */
function sendSlowly(url: string, key: string, stopping: AbortSignal): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.write(
      `POST /v1/usage HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${key}\r\n` +
        'Content-Length: 1000000\r\n\r\n',
    );
    const timer = setInterval(() => socket.write('x'), 1_000);
    const end = () => {
      clearInterval(timer);
      stopping.removeEventListener('abort', end);
      socket.destroy();
      resolve();
    };
    socket.on('error', end).on('close', end).on('data', end);
    stopping.addEventListener('abort', end);
  });
}
