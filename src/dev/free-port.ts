/** Free TCP ports on the loopback address. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/**
 * They lie below the ports that systems give to outgoing connections (32768 and up, 49152 and up):
 * what is free now is so a moment later, when its program is started.
 */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES_MAX = 100;

/** The preferred port where it is free, else any free one. */
export async function freePort(preferredPort?: number): Promise<number> {
  if (preferredPort !== undefined && (await isFree(preferredPort))) return preferredPort;
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = await bindable(randomInt(LOWEST, HIGHEST));
    if (port !== undefined) return port;
  }
  throw noPort();
}

/** So many different ones. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

export async function isFree(port: number): Promise<boolean> {
  return (await bindable(port)) !== undefined;
}

function bindable(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const address = server.address();
      const boundPort = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(boundPort));
    });
  });
}

const noPort = () => new Error('No free port on 127.0.0.1 was found: close some programs.');
