/** Commands of the ledger that die at a step of theirs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ClientBase } from 'pg';

/** `before`: the statement is not sent. `after`: it is carried out, and nobody hears of it. */
export type Death = 'before' | 'after';

interface Wired {
  readonly connection: { readonly stream: { destroy(): void } };
}

/**
 * A connection that ends at its statement of that number, as its process would end it; all that
 * comes later is not said any more.
 */
export function dyingAt(number: number, death: Death, client: ClientBase): ClientBase {
  let count = 0;
  return new Proxy(client, {
    get: (target, key) => {
      if (key !== 'query') return Reflect.get(target, key) as unknown;
      return async (...parameters: unknown[]): Promise<unknown> => {
        const query = target.query.bind(target) as (...all: unknown[]) => Promise<unknown>;
        const at = count++;
        if (at < number) return query(...parameters);
        if (at === number && death === 'after') {
          const sent = query(...parameters).catch(() => undefined);
          await turn();
          (target as unknown as Wired).connection.stream.destroy();
          await sent;
        }
        throw new Error('killed');
      };
    },
  });
}

const PROGRAM = join(__dirname, '..', '..', '..', 'bin', 'tollkeeper.js');

/**
 * Runs `tollkeeper ledger …words` as it is typed, and kills it once it has sent so many messages to
 * Postgres. Answers its exit code; null: it was killed.
 */
export async function runUntil(
  databaseUrl: string,
  words: readonly string[],
  messages: number,
): Promise<number | null> {
  const target = new URL(databaseUrl);
  let count = 0;
  const proxy = createServer((socket) => {
    const server = connect(Number(target.port), target.hostname);
    socket.on('data', (bytes) => {
      server.write(bytes);
      count += 1;
      if (count === messages) child.kill('SIGKILL');
    });
    server.pipe(socket);
    socket.on('close', () => server.destroy()).on('error', () => undefined);
    server.on('close', () => socket.destroy()).on('error', () => undefined);
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const child = spawn(process.execPath, [PROGRAM, 'ledger', ...words], {
    env: { PATH: process.env.PATH, DATABASE_URL: url.href },
    stdio: 'ignore',
  });
  await once(child, 'close');
  await new Promise((closed) => proxy.close(closed));
  return child.exitCode;
}
