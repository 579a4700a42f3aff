/** Requests at a pace of their own: whoever floods a service does not wait for its answers. */
import { Agent, request as send } from 'node:http';
import type { ClientRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const TICK_MS = 10;
/** An abuser gets what others leave of the processor, and what it missed does not come at once. */
const TICKS_BEHIND_MAX = 3;

export interface Shot {
  readonly path: string;
  readonly method?: string;
  readonly key?: string;
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Flood {
  /** The proxy before the service names it. */
  readonly address: string;
  readonly perSecond: number;
  /** When all of them wait for answers, what is due is not sent; it is counted. */
  readonly connectionsMax: number;
  readonly shot: () => Shot & { readonly url: string };
}

export type Count = (what: string) => void;

export async function flood(
  { address, perSecond, connectionsMax, shot }: Flood,
  count: Count,
  stopping: AbortSignal,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  const underWay = new Set<ClientRequest>();
  const fire = (): void => {
    if (underWay.size >= connectionsMax) return count('not sent: all connections wait');
    const { url, path, method = 'GET', key, body, headers } = shot();
    const request = send(new URL(path, url), {
      ...{ agent, method },
      headers: {
        ...{ 'content-type': 'application/json', 'x-forwarded-for': address },
        ...(body && { 'content-length': body.length }),
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...headers,
      },
    });
    underWay.add(request);
    let isAnswered = false;
    request.on('response', (response) => {
      isAnswered = true;
      count(String(response.statusCode));
      response.on('error', () => undefined).resume();
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (!isAnswered && !stopping.aborted) count(error.code ?? error.message);
    });
    request.on('close', () => underWay.delete(request));
    request.end(body);
  };
  const begun = performance.now();
  for (let fired = 0; !stopping.aborted; await pause(TICK_MS)) {
    const due = ((performance.now() - begun) / 1000) * perSecond;
    fired = Math.max(fired, Math.floor(due - (TICKS_BEHIND_MAX * TICK_MS * perSecond) / 1000) - 1);
    for (; fired < due; fired += 1) fire();
  }
  for (const request of underWay) request.destroy();
  agent.destroy();
}

export interface SlowBodies {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
}

/** Each sends a byte a second of a body that was announced as a megabyte, and comes again. */
export async function drip(
  { url, key, connections }: SlowBodies,
  count: Count,
  stopping: AbortSignal,
): Promise<void> {
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (!stopping.aborted) {
        await sendSlowly(url, key, stopping);
        count('ended');
        await pause(100);
      }
    }),
  );
}

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
