/** The real API as a proxy between the official client and a stand-in for OpenAI. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { createApiKey } from '../../../src/db/api-keys';
import type { ApiScope } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import type { ApiConfig } from '../../../src/api/deps';
import { startTestApi } from '../api/api';
import type { TestApi } from '../api/api';
import { eventually } from '../stack/eventually';
import { startNetworkGate } from '../network/network-gate';
import type { NetworkGate } from '../network/network-gate';
import { startOpenAIServer } from './openai-server';
import type { OpenAIServer } from './openai-server';

export const UPSTREAM_KEY = 'sk-upstream-of-the-operator';

export interface LedgerEvent {
  readonly id: string;
  readonly customer: string;
  readonly model: string;
  readonly tokens: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ProxiedOpenAI {
  readonly provider: OpenAIServer;
  readonly api: TestApi;
  /** Between the API and its database. */
  readonly database: NetworkGate;
  readonly spool: string;
  /** With a key of ada's. */
  readonly openai: OpenAI;
  client(apiKey: string): OpenAI;
  /** Anthropic's, whose messages go where the case has them. */
  anthropic(apiKey: string): Anthropic;
  keyOf(customer: string, scopes?: ApiScope[], secret?: string): Promise<string>;
  /** Once it has so many usage events, with those. */
  ledger(events: number): Promise<LedgerEvent[]>;
  /** All that the API has logged. */
  logged(): string;
  end(): Promise<void>;
}

export interface ProxyCase {
  /** null: each caller's own goes on. */
  readonly upstreamKey?: string | null;
  readonly upstreamUrl?: string;
  /** What is not metered passes, too. */
  readonly passesAll?: boolean;
  /** Others than the catalog's models are refused. */
  readonly knownModelsOnly?: boolean;
  /** Other upstreams. */
  readonly config?: Partial<ApiConfig>;
}

export async function startProxiedOpenAI(change: ProxyCase = {}): Promise<ProxiedOpenAI> {
  const provider = await startOpenAIServer();
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-proxy-'));
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => done(void lines.push(String(chunk))),
  });
  const { upstreamKey = UPSTREAM_KEY, upstreamUrl = provider.url } = change;
  let gate: NetworkGate | undefined;
  let gatedPool: Pool | undefined;
  const api = await startTestApi(async (databaseUrl) => {
    gate = await startNetworkGate(databaseUrl);
    const url = new URL(databaseUrl);
    url.port = new URL(gate.url).port;
    gatedPool = createPool({ connectionString: url.href, max: 3 });
    return {
      pool: gatedPool,
      log: pino({ level: 'debug' }, sink),
      config: {
        STRIPE_WEBHOOK_SECRET: 'whsec_test',
        OPENAI_UPSTREAM_URL: upstreamUrl,
        OPENAI_SPOOL_DIRECTORY: spool,
        ...(change.passesAll && { OPENAI_PASS: 'all' as const }),
        ...(change.knownModelsOnly && { OPENAI_MODELS: 'known' as const }),
        ...(upstreamKey !== null && { OPENAI_UPSTREAM_API_KEY: upstreamKey }),
        ...change.config,
      },
    };
  });
  await api.addCustomer('ada');
  const keyOf: ProxiedOpenAI['keyOf'] = async (customer, scopes = ['proxy'], secret) =>
    (await createApiKey(api.pool, { name: `of ${customer}`, scopes, customer, secret })).key;
  const client = (apiKey: string) =>
    new OpenAI({ baseURL: `${api.url}/openai/v1`, apiKey, maxRetries: 0, logLevel: 'off' });
  const anthropic = (apiKey: string) =>
    new Anthropic({ baseURL: `${api.url}/anthropic`, apiKey, maxRetries: 0, logLevel: 'off' });
  return {
    ...{ provider, api, database: gate as NetworkGate, spool, client, anthropic, keyOf },
    openai: client(await keyOf('ada')),
    ledger: (events) =>
      eventually(
        () => readLedger(api),
        (rows) => rows.length >= events,
      ),
    logged: () => lines.join(''),
    end: async () => {
      await api.close();
      await gatedPool?.end();
      await gate?.shut();
      await provider.close();
      await rm(spool, { recursive: true, force: true });
    },
  };
}

async function readLedger({ pool }: TestApi): Promise<LedgerEvent[]> {
  const { rows } = await pool.query<LedgerEvent>(
    `select id, customer, model, metadata,
            jsonb_strip_nulls(jsonb_build_object('input', input, 'output', output,
              'cacheRead', nullif(cache_read, 0), 'cacheWrite', nullif(cache_write, 0),
              'reasoning', nullif(reasoning, 0))) as tokens
       from usage_events order by recorded_at`,
  );
  return rows;
}
