/** Our proxy between the apps of the matrix and their providers, and how it dies and comes back. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '../../../src/dev/free-port';
import { createApiKey } from '../../../src/db/api-keys';
import type { TestApi } from '../api/api';
import { cellsOf } from './matrix';
import type { Provider } from './matrix';
import type { ProxyTask } from './proxy-run';

export interface KillableProxy {
  /** Where the clients of each provider send their calls. */
  readonly upstreams: Readonly<Partial<Record<Provider, { readonly url: string }>>>;
  /** The key of each customer. */
  readonly keys: Readonly<Record<string, string>>;
  start(): Promise<void>;
  /** All that it was told before, it has dealt with. */
  untilQuiet(): Promise<void>;
  kill(): Promise<void>;
  /** As a deployment does it. */
  stop(): Promise<void>;
}

export async function startProxy(
  { pool }: TestApi,
  places: { readonly databaseUrl: string; readonly provider: string; readonly directory: string },
): Promise<KillableProxy> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const upstream = `${places.provider}/v1`;
  const task: ProxyTask = {
    ...{ port, databaseUrl: places.databaseUrl },
    config: {
      ...{ STRIPE_WEBHOOK_SECRET: 'whsec_test', OPENAI_SPOOL_DIRECTORY: places.directory },
      ...{ OPENAI_UPSTREAM_URL: upstream, OPENAI_UPSTREAM_API_KEY: 'sk' },
      ...{ ANTHROPIC_UPSTREAM_URL: upstream, ANTHROPIC_UPSTREAM_API_KEY: 'sk' },
      UPSTREAMS: { vllm: { url: upstream, apiKey: 'sk', dialect: 'openai' } },
    },
  };
  const keys: Record<string, string> = {};
  for (const { customer } of cellsOf('proxy'))
    keys[customer] = (
      await createApiKey(pool, { name: customer, scopes: ['proxy'], customer })
    ).key;
  let child: ChildProcess | undefined;
  const end = async (how: () => void) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    how();
    await exited;
  };
  const start = async () => {
    child = fork(join(__dirname, 'proxy-run.ts'), [JSON.stringify(task)], {
      execArgv: ['-r', 'tsx/cjs'],
    });
    await once(child, 'message');
  };
  await start();
  return {
    ...{ keys, start },
    upstreams: {
      ...{ chat: { url: `${url}/openai/v1` }, responses: { url: `${url}/openai/v1` } },
      ...{ messages: { url: `${url}/anthropic` } },
      compatible: { url: `${url}/upstreams/vllm/v1` },
    },
    untilQuiet: async () => {
      const response = await fetch(`${url}/openai/v1/models`);
      await response.text();
    },
    kill: () => end(() => child?.kill('SIGKILL')),
    stop: () => end(() => child?.disconnect()),
  };
}
