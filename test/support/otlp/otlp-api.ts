/** An API that takes spans, and what is in its ledger then. */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { startTestApi } from '../api/api';
import type { TestApi } from '../api/api';
import { aRequest } from './spans';
import type { PlainSpan } from './spans';

export interface OtlpAnswer {
  readonly partialSuccess?: { readonly rejectedSpans: string; readonly errorMessage: string };
  /** They are those of a refusal. */
  readonly code?: number;
  readonly message?: string;
}

export interface OtlpApi extends TestApi {
  post(
    body: unknown,
    headers?: Record<string, string>,
    key?: string,
  ): Promise<{
    readonly status: number;
    readonly type: string | null;
    readonly answer: OtlpAnswer;
  }>;
  /** Throws unless it is answered 200. */
  send(...spans: unknown[]): Promise<{ readonly rejected: number; readonly errorMessage?: string }>;
  recorded(): Promise<Record<string, unknown>[]>;
  recordedIds(): Promise<unknown[]>;
  /** The address of a gateway that passes the first request on and answers 429 to it. */
  impatientGateway(): Promise<{ readonly url: string; requests(): number; close(): void }>;
}

export const usageIdOf = ({ traceId, spanId }: PlainSpan) => `span:${traceId}:${spanId}`;

export async function startOtlpApi(): Promise<OtlpApi> {
  const api = await startTestApi();
  for (const customer of ['ada', 'bo']) await api.addCustomer(customer);
  const post: OtlpApi['post'] = async (body, headers = {}, key = api.keys.ingest) => {
    const isReady = typeof body === 'string' || body instanceof Uint8Array;
    const response = await api.request('/otlp/v1/traces', {
      ...{ method: 'POST', key, headers: { 'content-type': 'application/json', ...headers } },
      body: isReady ? (body as string) : JSON.stringify(body),
    });
    const type = response.headers.get('content-type');
    const text = await response.text();
    const answer = (type === 'application/json' ? JSON.parse(text) : {}) as OtlpAnswer;
    return { status: response.status, type, answer };
  };
  const recorded: OtlpApi['recorded'] = async () =>
    (
      await api.pool.query<Record<string, unknown>>(
        `select id, customer, model, input::int, output::int
           from usage_events order by recorded_at, id`,
      )
    ).rows;
  return {
    ...api,
    post,
    recorded,
    recordedIds: async () => (await recorded()).map(({ id }) => id),
    send: async (...spans) => {
      const { status, answer } = await post(aRequest(spans));
      if (status !== 200) throw new Error(`answered ${status}: ${answer.message}`);
      const { rejectedSpans = '0', errorMessage } = answer.partialSuccess ?? {};
      return {
        rejected: Number(rejectedSpans),
        ...(errorMessage !== undefined && { errorMessage }),
      };
    },
    impatientGateway: () => startGateway(api.url),
  };
}

async function startGateway(target: string) {
  let requests = 0;
  const server = createServer((request, response) => {
    void buffer(request).then(async (body) => {
      requests += 1;
      const isFirst = requests === 1;
      const passed = ['authorization', 'content-type', 'content-encoding'].filter(
        (name) => request.headers[name] !== undefined,
      );
      const headers = Object.fromEntries(
        passed.map((name) => [name, String(request.headers[name])]),
      );
      const answer = await fetch(target + String(request.url), {
        ...{
          method: 'POST',
          headers,
          body: new Uint8Array(body),
        },
      });
      response.writeHead(isFirst ? 429 : answer.status, isFirst ? { 'Retry-After': '0' } : {});
      response.end(new Uint8Array(await answer.arrayBuffer()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => void server.close();
  return { url: `http://127.0.0.1:${port}`, requests: () => requests, close };
}
