/** A proxy before the Stripe sandbox that notes what Stripe took, and when. */
import { createServer, request as forward } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface TakenMeterEvent {
  readonly atMs: number;
  readonly tokens: number;
}

export interface AnsweredCall {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly method: string;
  /** Its query is left out. */
  readonly path: string;
}

export interface MeterEventWatch {
  readonly url: string;
  /** All that were answered with success, meter events as well. */
  readonly calls: readonly AnsweredCall[];
  /** By Stripe customer, in the order they were taken. */
  taken(stripeCustomerId: string): readonly TakenMeterEvent[];
  close(): Promise<void>;
}

export async function watchMeterEvents(targetUrl: string): Promise<MeterEventWatch> {
  const byCustomer = new Map<string, TakenMeterEvent[]>();
  const note = (body: string) => {
    const fields = new URLSearchParams(body);
    const customer = String(fields.get('payload[stripe_customer_id]'));
    const taken = byCustomer.get(customer) ?? [];
    byCustomer.set(customer, taken);
    taken.push({ atMs: performance.now(), tokens: Number(fields.get('payload[value]')) });
  };
  const calls: AnsweredCall[] = [];
  const server = createServer((incoming, outgoing) => {
    const isMeterEvent = incoming.url === '/v1/billing/meter_events' && incoming.method === 'POST';
    const body = isMeterEvent ? text(incoming) : undefined;
    const answered = (answer: IncomingMessage) => {
      if (answer.statusCode === 200) {
        void body?.then(note);
        const [path = ''] = (incoming.url ?? '').split('?');
        calls.push({ atMs: Date.now(), method: incoming.method ?? '', path });
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    };
    const { method, headers } = incoming;
    const passing = forward(new URL(incoming.url ?? '/', targetUrl), { method, headers }, answered);
    passing.on('error', () => outgoing.destroy());
    if (body) void body.then((whole) => passing.end(whole));
    else incoming.pipe(passing);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    taken: (customer) => byCustomer.get(customer) ?? [],
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
