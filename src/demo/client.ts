/** The demo's side of the HTTP API: what an app would send, with errors in full. */
import type { DemoCall } from './scenario';

export interface ApiClient {
  get<T>(path: string): Promise<T | undefined>;
  put<T>(path: string, body: unknown): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** All calls must be accepted: the demo sends nothing twice and nothing wrong. */
  recordUsage(customer: string, calls: readonly DemoCall[]): Promise<void>;
}

export function createApiClient(options: {
  apiUrl: string;
  adminKey: string;
  ingestKey: string;
}): ApiClient {
  async function call(method: string, path: string, key: string, body?: unknown) {
    const response = await fetch(new URL(path, options.apiUrl), {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (response.status === 404) return undefined;
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as unknown;
  }

  return {
    get: async <T>(path: string) => (await call('GET', path, options.adminKey)) as T | undefined,
    put: async <T>(path: string, body: unknown) =>
      (await call('PUT', path, options.adminKey, body)) as T,
    post: async <T>(path: string, body: unknown) => {
      const answer = await call('POST', path, options.adminKey, body);
      if (answer === undefined) throw new Error(`POST ${path} answered 404.`);
      return answer as T;
    },
    recordUsage: async (customer, calls) => {
      if (calls.length === 0) return;
      const events = calls.map(({ id, model, tokens, second, vendor }) => ({
        id,
        customer,
        model,
        tokens,
        ...(vendor !== undefined && { vendor }),
        occurredAt: new Date(second * 1000).toISOString(),
      }));
      // One call as an app sends it by itself, the others as one that batches them.
      const [firstEvent, ...rest] = events;
      const answers = await Promise.all([
        call('POST', '/v1/usage', options.ingestKey, firstEvent),
        rest.length > 0 && call('POST', '/v1/usage', options.ingestKey, { events: rest }),
      ]);
      const refusals = answers.filter((answer) => (answer as { rejected?: number })?.rejected);
      if (refusals.length > 0)
        throw new Error(`Usage of ${customer} was rejected: ${JSON.stringify(refusals)}`);
    },
  };
}
