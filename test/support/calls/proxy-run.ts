/**
 * The API as a proxy in a process of its own, to be killed:
 * `node -r tsx/cjs test/support/calls/proxy-run.ts TASK`, over a channel of Node's.
 */
import { createPool } from '../../../src/db/pool';
import type { ApiConfig } from '../../../src/api/deps';
import { startApi } from '../../../src/api/server';
import { testDeps } from '../api/api';

export interface ProxyTask {
  readonly databaseUrl: string;
  readonly port: number;
  readonly config: ApiConfig;
}

async function run({ databaseUrl, port, config }: ProxyTask): Promise<void> {
  const pool = createPool({ connectionString: databaseUrl, max: 5 });
  const deps = { ...(await testDeps(pool, new Map())), config };
  const api = await startApi(deps, { host: '127.0.0.1', port });
  process.once('disconnect', () => void api.close().then(() => pool.end()));
  process.send?.({ url: api.url });
}

void run(JSON.parse(process.argv[2] as string) as ProxyTask);
