/** The app's end of notifications: takes webhooks on a port, verifies them, and answers as told. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface ReceivedWebhook {
  readonly id: string;
  /** By the specification's own library; null: the signature is not ours. */
  readonly verified: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AppEndpoint {
  readonly url: string;
  readonly secret: string;
  readonly received: ReceivedWebhook[];
  /** What is answered from now on. */
  status: number;
  close(): Promise<void>;
}

export async function startAppEndpoint(port = 0): Promise<AppEndpoint> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const verifier = new Webhook(secret);
  const received: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const headers = request.headers as Record<string, string>;
      received.push({ id: String(headers['webhook-id']), verified: verify(), headers, body });
      response.writeHead(endpoint.status, { location: `${endpoint.url}/elsewhere` }).end('a body');

      function verify(): unknown {
        try {
          return verifier.verify(body, headers);
        } catch {
          return null;
        }
      }
    });
  });
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  const endpoint: AppEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    secret,
    received,
    status: 204,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return endpoint;
}
