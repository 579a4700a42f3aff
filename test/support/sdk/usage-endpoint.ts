/**
 * A stand-in for POST /v1/usage that a test can break: it counts each id once, as the ledger does,
 * and answers what the test wants instead. Whoever is asked about has access.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface SentEvent {
  readonly id: string;
  readonly customer: string;
}

/** Answers by itself and returns true, or leaves it to the endpoint. */
type Fault = (response: ServerResponse, events: readonly SentEvent[]) => boolean;

export interface UsageEndpoint {
  readonly url: string;
  /** What was acknowledged, in order, each id once. */
  readonly ledger: SentEvent[];
  /** Sizes of the requests. */
  readonly requests: number[];
  duplicates: number;
  fault: Fault;
  close(): Promise<void>;
}

export const noFault: Fault = () => false;

/** Usage of the customer `nobody` is rejected, as that of an unknown customer. */
export async function startUsageEndpoint(): Promise<UsageEndpoint> {
  const server = createServer((request, response) => {
    void take(endpoint, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint: UsageEndpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger: [],
    requests: [],
    duplicates: 0,
    fault: noFault,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return endpoint;
}

async function take(endpoint: UsageEndpoint, request: IncomingMessage, response: ServerResponse) {
  if (request.method === 'GET') return void answer(response, 200, { state: 'ok', reasons: [] });
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  const { events } = JSON.parse(text) as { events: SentEvent[] };
  endpoint.requests.push(events.length);
  if (endpoint.fault(response, events)) return;
  const known = new Set(endpoint.ledger.map(({ id }) => id));
  const results = events.map((event, index) => {
    const { id } = event;
    if (event.customer === 'nobody')
      return { index, id, status: 'rejected', code: 'customer_not_found', message: 'No such.' };
    if (known.has(id)) {
      endpoint.duplicates += 1;
      return { index, id, status: 'duplicate' };
    }
    known.add(id);
    endpoint.ledger.push(event);
    return { index, id, status: 'accepted' };
  });
  answer(response, 202, { results });
}

export function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): true {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
  return true;
}
