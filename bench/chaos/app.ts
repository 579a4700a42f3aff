/** The app of the drill: it sends usage by the SDK, and asks until it is answered. */
import type { callsOf } from '../../src/demo/scenario';
import { TollkeeperClient } from '../../src/sdk/client';
import { persist } from './persist';
import type { Stage } from './stage';

/** It counts what it was answered. With a folder what it has to send outlives its process. */
export function startApp(
  { info }: Pick<Stage, 'info'>,
  answers: Map<number, number>,
  directory?: string,
): TollkeeperClient {
  return new TollkeeperClient({
    ...(directory !== undefined && { spool: { directory } }),
    ...{ baseUrl: info.apiUrl, apiKey: info.ingestKey, onError: () => undefined },
    ...{ retryMs: { min: 100, max: 2_000 }, requestTimeoutMs: 5_000 },
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      answers.set(response.status, (answers.get(response.status) ?? 0) + 1);
      return response;
    },
  });
}

export const send = (app: TollkeeperClient, customer: string, calls: ReturnType<typeof callsOf>) =>
  app.recordUsage(
    calls.map(({ second, ...call }) => ({
      ...{ ...call, customer, occurredAt: new Date(second * 1000) },
    })),
  );

/** The same `key` is the same request, however often it is sent. */
export async function ask(
  { info }: Pick<Stage, 'info'>,
  path: string,
  body: unknown,
  key = path,
): Promise<void> {
  await persist(`POST ${path}`, async () => {
    const response = await fetch(`${info.apiUrl}${path}`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${info.adminKey}`, 'idempotency-key': key },
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(70_000),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  });
}
