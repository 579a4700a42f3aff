/** The app of the drill: it sends usage by the SDK, and counts what it was answered. */
import type { callsOf } from '../../src/demo/scenario';
import { TollkeeperClient } from '../../src/sdk/client';
import type { Stage } from './stage';

export function startApp({ info }: Stage, answers: Map<number, number>): TollkeeperClient {
  return new TollkeeperClient({
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
