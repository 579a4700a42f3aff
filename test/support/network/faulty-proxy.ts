/** A proxy before a server that loses chosen requests, or the answers to them. */
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `request`: it never arrives. `answer`: it is carried out, but the caller does not learn that. */
export type Loss = 'request' | 'answer';

export interface FaultyProxy {
  readonly url: string;
  /** Writing requests that were let through or lost, in order, as `POST /v1/customers`. */
  readonly writes: string[];
  /** Loses the `number`th writing request from now (from 1), and no other. */
  loseWrite(number: number, loss: Loss): void;
  close(): Promise<void>;
}

export async function startFaultyProxy(targetUrl: string): Promise<FaultyProxy> {
  const writes: string[] = [];
  let lost: { index: number; loss: Loss } | null = null;

  const server = createServer((incoming, outgoing) => {
    let loss: Loss | null = null;
    if (incoming.method === 'POST' || incoming.method === 'DELETE') {
      writes.push(`${incoming.method} ${incoming.url}`);
      if (lost?.index === writes.length) loss = lost.loss;
    }
    const fail = () => {
      outgoing.writeHead(503, { 'content-type': 'application/json' });
      outgoing.end('{"error":{"type":"api_error","message":"lost"}}');
    };
    if (loss === 'request') {
      incoming.resume().on('end', fail);
      return;
    }
    const answered = (answer: IncomingMessage) => {
      if (loss === 'answer') {
        answer.resume().on('end', fail);
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    };
    const target = new URL(incoming.url ?? '/', targetUrl);
    const { method, headers } = incoming;
    incoming.pipe(forward(target, { method, headers }, answered).on('error', fail));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    loseWrite: (number, loss) => {
      lost = { index: writes.length + number, loss };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
