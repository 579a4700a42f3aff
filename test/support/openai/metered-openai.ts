/** The official client, metered, between a stand-in for OpenAI and one for our API. */
import OpenAI from 'openai';
import { meterOpenAI, TollkeeperClient } from '../../../src/sdk';
import type { MeterOptions, TollkeeperError, UsageEvent } from '../../../src/sdk';
import { startOpenAIServer } from './openai-server';
import type { OpenAIServer } from './openai-server';
import { startUsageEndpoint } from '../sdk/usage-endpoint';

export interface MeteredOpenAI {
  readonly provider: OpenAIServer;
  readonly tollkeeper: TollkeeperClient;
  /** Metered, for the customer `ada`. */
  readonly openai: OpenAI;
  readonly errors: TollkeeperError[];
  plainClient(): OpenAI;
  meteredFor(customer: MeterOptions['customer']): OpenAI;
  /** It was recorded, and acknowledged by now. */
  readonly acknowledged: readonly unknown[];
  /** What was recorded, when it was acknowledged. */
  ledger(): Promise<UsageEvent[]>;
  /** What the provider billed, in our pools. */
  billed(): Pick<UsageEvent, 'id' | 'tokens'>[];
  end(): Promise<void>;
}

export async function startMeteredOpenAI(): Promise<MeteredOpenAI> {
  const provider = await startOpenAIServer();
  const endpoint = await startUsageEndpoint();
  const errors: TollkeeperError[] = [];
  const onError = (error: TollkeeperError) => void errors.push(error);
  const api = { baseUrl: endpoint.url, apiKey: 'tk' };
  const tollkeeper = new TollkeeperClient({ ...api, gatherMs: 1, onError });
  const plainClient = () =>
    new OpenAI({ baseURL: provider.url, apiKey: 'sk', maxRetries: 0, logLevel: 'off' });
  const meteredFor = (customer: MeterOptions['customer']) =>
    meterOpenAI(plainClient(), { tollkeeper, customer });
  return {
    ...{ provider, tollkeeper, errors, plainClient, meteredFor },
    openai: meteredFor('ada'),
    acknowledged: endpoint.ledger,
    ledger: async () => {
      await tollkeeper.flush({ timeoutMs: 5_000 });
      return endpoint.ledger as unknown as UsageEvent[];
    },
    billed: () => billedBy(provider),
    end: async () => {
      await tollkeeper.close({ timeoutMs: 0 });
      await endpoint.close();
      await provider.close();
    },
  };
}

/** A usage event as the provider knows its call. */
export const asBilled = ({
  id,
  tokens,
  metadata,
}: Pick<UsageEvent, 'id' | 'tokens' | 'metadata'>) => ({
  id: String(metadata?.responseId ?? metadata?.requestId ?? id),
  tokens,
});

export const billedBy = ({ bill }: OpenAIServer) =>
  [...bill.values()].map(({ id, prompt, cached, written, completion, thinking }) => ({
    id,
    tokens: {
      input: prompt - cached - written,
      output: completion - thinking,
      ...(cached > 0 && { cacheRead: cached }),
      ...(written > 0 && { cacheWrite: written }),
      ...(thinking > 0 && { reasoning: thinking }),
    },
  }));

export const ask = (text: string) => ({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: text }],
});

export async function drain<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
