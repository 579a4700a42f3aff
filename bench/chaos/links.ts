/**
 * What lies between the processes of the drill: Toxiproxy, built once by Go, which cuts, slows and
 * swallows connections as it is told.
 */
import { join } from 'node:path';
import { buildOnce, cacheFolder } from '../../src/dev/cache';
import { readDevEnvironment } from '../../src/dev/environment';
import { freePort } from '../../src/dev/free-port';
import { installOneByGo } from '../../src/dev/go-install';
import { startChild, untilReady } from '../../src/dev/processes/child-process';
import type { Link, LinkName } from '../../src/dev/stack-context';

const VERSION = 'v2.12.0';
const HOST = '127.0.0.1';
const READY_LIMIT_MS = 20_000;

export interface Links {
  readonly link: Link;
  /** Where each leads, past Toxiproxy. */
  readonly targets: ReadonlyMap<LinkName, number>;
  /** All connections end, and none begin. */
  cut(name: LinkName): Promise<void>;
  /** Each answer comes late. */
  slow(name: LinkName, latencyMs: number): Promise<void>;
  /** Connections stay, and nothing that is answered arrives. */
  swallow(name: LinkName): Promise<void>;
  /** All is as if nothing lay between. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

export async function startLinks(dir: string, progress: (line: string) => void): Promise<Links> {
  const port = await freePort();
  const child = await startChild({
    command: await findToxiproxy(progress),
    args: ['-host', HOST, '-port', String(port)],
    env: { LOG_LEVEL: 'error' },
    logFile: join(dir, 'logs', 'toxiproxy.log'),
  });
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`http://${HOST}:${port}${path}`, {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.ok) return response.text();
    throw new Error(`Toxiproxy: ${method} ${path} answered ${await response.text()}`);
  };
  const isThere = () =>
    ask('GET', '/version').then(
      () => true,
      () => false,
    );
  await untilReady(child, 'Toxiproxy', isThere, READY_LIMIT_MS);
  const targets = new Map<LinkName, number>();
  const poison = (name: LinkName, type: string, attributes: Record<string, number>) =>
    ask('POST', `/proxies/${name}/toxics`, { type, attributes, stream: 'downstream' });
  return {
    targets,
    link: async (name, targetPort) => {
      targets.set(name, targetPort);
      const listen = `${HOST}:${await freePort()}`;
      await ask('POST', '/proxies', { name, listen, upstream: `${HOST}:${targetPort}` });
      return Number(listen.split(':')[1]);
    },
    cut: async (name) => void (await ask('POST', `/proxies/${name}`, { enabled: false })),
    slow: async (name, latency) =>
      void (await poison(name, 'latency', { latency, jitter: latency / 2 })),
    swallow: async (name) => void (await poison(name, 'timeout', { timeout: 0 })),
    heal: async () => void (await ask('POST', '/reset')),
    stop: child.stop,
  };
}

function findToxiproxy(progress: (line: string) => void): Promise<string> {
  const environment = readDevEnvironment();
  const programs = {
    ...{ what: 'Building Toxiproxy', name: 'server' },
    packages: [`github.com/Shopify/toxiproxy/v2/cmd/server@${VERSION}`],
    otherwise: 'The drill cuts connections by Toxiproxy, which Go builds: install Go.',
  };
  const path = join(cacheFolder(environment), 'bin', `toxiproxy-${VERSION}`);
  return buildOnce(path, progress, (part) => installOneByGo(environment, progress, programs, part));
}
