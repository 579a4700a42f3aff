/**
 * One address before several equal processes, as a Kubernetes Service is: each connection goes to
 * the next of them that takes it and was well when it was last looked at.
 */
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

const HOST = '127.0.0.1';
const CHECK_PAUSE_MS = 500;
const CHECK_LIMIT_MS = 2_000;

export interface GatewayOptions {
  readonly port: number;
  readonly targetPorts: readonly number[];
  /** Where a target says by HTTP that it is well: any answer will do, a late one won't. */
  readonly healthUrl: (targetPort: number) => string;
}

export interface Gateway {
  close(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { port, targetPorts, healthUrl } = options;
  const sockets = new Set<Socket>();
  const unwell = new Set<number>();
  let next = 0;

  /** All of them, the next one in turn first, and those that are not well last. */
  const order = (): number[] => {
    next = (next + 1) % targetPorts.length;
    const turned = [...targetPorts.slice(next), ...targetPorts.slice(0, next)];
    return [
      ...turned.filter((one) => !unwell.has(one)),
      ...turned.filter((one) => unwell.has(one)),
    ];
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    hold(client, sockets);
    void firstThatTakes(order(), client).then((target) => {
      if (!target) return void client.destroy();
      hold(target, sockets);
      join(client, target);
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, HOST, listening);
  });
  const checks = setInterval(() => {
    for (const one of targetPorts)
      void isWell(healthUrl(one)).then((well) => (well ? unwell.delete(one) : unwell.add(one)));
  }, CHECK_PAUSE_MS);
  return {
    close: async () => {
      clearInterval(checks);
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

function hold(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket.setNoDelay(true));
  socket.once('close', () => sockets.delete(socket));
  // What ends one side ends the other: nothing is to be told here.
  socket.on('error', () => undefined);
}

async function firstThatTakes(ports: readonly number[], client: Socket): Promise<Socket | null> {
  for (const port of ports) {
    if (client.destroyed) return null;
    const socket = connect({ port, host: HOST, allowHalfOpen: true });
    const isTaken = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    if (isTaken) return socket;
  }
  return null;
}

function join(client: Socket, target: Socket): void {
  client.once('close', () => target.destroy());
  target.once('close', () => client.destroy());
  if (client.destroyed) target.destroy();
  client.pipe(target);
  target.pipe(client);
}

async function isWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CHECK_LIMIT_MS) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
