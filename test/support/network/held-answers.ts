/**
 * A way to a server on which an answer can be held: what was asked is done there, and whoever asked
 * does not hear of it. Killed in the meantime, it has to find out by itself.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface Hold {
  /** All of these are in what is sent. */
  readonly words: readonly string[];
  /** It is done by what is sent later on the same connection. Absent: by itself. */
  readonly doneBy?: string;
}

export interface HeldAnswers {
  readonly port: number;
  hold(...holds: readonly Hold[]): void;
  /** Answers that were held so far. */
  held(): number;
  close(): Promise<void>;
}

export async function holdAnswers(target: { host: string; port: number }): Promise<HeldAnswers> {
  const holds = new Set<Hold>();
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((client) => {
    const upstream = connect(target);
    let doneBy: string | undefined;
    let isHeld = false;
    const holdFrom = () => {
      isHeld = true;
      count += 1;
    };
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1');
      const hold = [...holds].find(({ words }) => words.every((word) => text.includes(word)));
      if (hold) holds.delete(hold);
      if (hold?.doneBy !== undefined) doneBy = hold.doneBy;
      else if (hold || (doneBy !== undefined && text.includes(doneBy))) holdFrom();
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (!isHeld) client.write(chunk);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hold: (...more) => more.forEach((one) => holds.add(one)),
    held: () => count,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
