/** A client of the SDK on a directory of its own, sending to an endpoint that a test can break. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TollkeeperClient } from '../../../src/sdk';
import type { NewUsageEvent, TollkeeperClientOptions, TollkeeperError } from '../../../src/sdk';
import { answer, startUsageEndpoint } from './usage-endpoint';
import type { UsageEndpoint } from './usage-endpoint';

export interface SpoolCase {
  readonly endpoint: UsageEndpoint;
  readonly directory: string;
  readonly errors: TollkeeperError[];
  open(options?: Partial<TollkeeperClientOptions>): TollkeeperClient;
  /** Ids in the ledger, in order. */
  ids(): string[];
  segments(): string[];
  end(): Promise<void>;
}

export async function startSpoolCase(): Promise<SpoolCase> {
  const endpoint = await startUsageEndpoint();
  const directory = mkdtempSync(join(tmpdir(), 'tollkeeper-spool-'));
  const errors: TollkeeperError[] = [];
  const clients: TollkeeperClient[] = [];
  return {
    endpoint,
    directory,
    errors,
    open: (options = {}) => {
      const client = new TollkeeperClient({
        baseUrl: endpoint.url,
        apiKey: 'tk',
        spool: { directory },
        gatherMs: 5,
        retryMs: { min: 5, max: 20 },
        onError: (error) => errors.push(error),
        ...options,
      });
      clients.push(client);
      return client;
    },
    ids: () => endpoint.ledger.map(({ id }) => id),
    segments: () => readdirSync(directory).filter((name) => /^\d+\.ndjson$/.test(name)),
    end: async () => {
      for (const client of clients) await client.close({ timeoutMs: 0 });
      await endpoint.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export const usageOf = (id: string, customer = 'ada'): NewUsageEvent => ({
  id,
  customer,
  model: 'gpt-4o-mini',
  tokens: { input: 10, output: 2 },
});

export const down: UsageEndpoint['fault'] = (response) => answer(response, 500, {});
