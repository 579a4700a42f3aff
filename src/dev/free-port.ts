/** Free TCP ports on the loopback address. */
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

/** The preferred port where it is free, else any free one. */
export async function freePort(preferred?: number): Promise<number> {
  return (await bindable(preferred ?? 0)) ?? (await bindable(0)) ?? Promise.reject(noPort());
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
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}

const noPort = () => new Error('No free port on 127.0.0.1 was found: close some programs.');
