/** A stand-in for the routes under /v1/me, which takes the tokens that it is told to take. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OwnApi {
  readonly url: string;
  /** Tokens that work now. */
  readonly good: Set<string>;
  /** `GET usage good` and so on, with the token. */
  readonly asked: string[];
  readonly headers: IncomingHttpHeaders[];
  /** Answered by path, where the token is good; else `{}`. */
  readonly answers: Map<string, { readonly status: number; readonly body: unknown }>;
  close(): Promise<void>;
}

const PREFIX = '/v1/me/';

export async function startOwnApi(): Promise<OwnApi> {
  const good = new Set<string>();
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const answers: OwnApi['answers'] = new Map();
  const server = createServer((request, response) => {
    const token = String(request.headers.authorization).replace('Bearer ', '');
    const path = String(request.url).replace(PREFIX, '');
    asked.push(`${request.method} ${path} ${token}`);
    headers.push(request.headers);
    const refused = { status: 401, body: { code: 'unauthorized', detail: 'It has ended.' } };
    const { status, body } = good.has(token)
      ? (answers.get(path) ?? { status: 200, body: {} })
      : refused;
    request.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    ...{ good, asked, headers, answers },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
