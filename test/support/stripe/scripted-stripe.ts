/** A server that answers as a test says, behind the real stripe package. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import { createStripe } from '../../../src/stripe/client';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface ScriptedStripe {
  readonly stripe: Stripe;
  readonly requests: IncomingMessage[];
  /** Those of the requests that were read whole. */
  readonly bodies: string[];
  /** Every request from now on is answered so. */
  answer: Answer;
  /** The error of a call that is answered so. */
  failureOf(answer: Answer): Promise<unknown>;
  close(): Promise<void>;
}

export async function startScriptedStripe(): Promise<ScriptedStripe> {
  const requests: IncomingMessage[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      bodies.push(body);
      scripted.answer(request, response);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const stripe = createStripe({ secretKey: 'sk_test_script', apiBase: `http://127.0.0.1:${port}` });
  const scripted: ScriptedStripe = {
    stripe,
    requests,
    bodies,
    answer: json(200, {}),
    failureOf: async (answer) => {
      scripted.answer = answer;
      const call = stripe.customers.create({ email: 'jane@example.com' }, { idempotencyKey: 'k1' });
      return call.then(
        () => {
          throw new Error('The call succeeded.');
        },
        (error: unknown) => error,
      );
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return scripted;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'request-id': 'req_1',
      ...headers,
    });
    response.end(JSON.stringify(body));
  };
}

/** Stripe's error body, with personal data in its message as real ones have. */
export function refusal(
  status: number,
  type: string,
  more: Record<string, string> = {},
  headers: Record<string, string> = {},
): Answer {
  return json(status, { error: { type, message: 'jane@example.com 4242', ...more } }, headers);
}
