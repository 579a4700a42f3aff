/** What an import needs, with a worker and commands as processes of their own, to be killed. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { loadConfig } from '../../../src/config';
import type { Catalog } from '../../../src/core/plans/catalog';
import { createPool } from '../../../src/db/pool';
import { startStripeSandbox } from '../../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { pushCatalog } from '../../../src/stripe/catalog-push';
import { createStripe } from '../../../src/stripe/client';
import { connectTemporal } from '../../../src/temporal/connect';
import { holdAnswers } from '../network/held-answers';
import type { HeldAnswers } from '../network/held-answers';
import { createTestDatabase } from '../stack/database';
import { createNamespace } from '../stack/namespace';

export interface Killable {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly temporal: Client;
  readonly catalog: Catalog;
  /** Between the worker and the database, and between the worker and Stripe. */
  readonly database: HeldAnswers;
  readonly stripeCalls: HeldAnswers;
  startWorker(): ChildProcess;
  command(...words: readonly string[]): ChildProcess;
  stop(): Promise<void>;
}

const SECRET_KEY = 'sk_test_killed';
const BIN = join(__dirname, '../../../bin/tollkeeper.js');

export async function startKillable(): Promise<Killable> {
  const database = await createTestDatabase();
  const sandbox = await startStripeSandbox();
  const address = new URL(database.appUrl);
  const held = {
    database: await holdAnswers({ host: address.hostname, port: Number(address.port) }),
    stripeCalls: await holdAnswers({ host: '127.0.0.1', port: sandbox.port }),
  };
  address.port = String(held.database.port);
  const environment = {
    TEMPORAL_ADDRESS: process.env.TEST_TEMPORAL_ADDRESS,
    TEMPORAL_NAMESPACE: await createNamespace(String(process.env.TEST_TEMPORAL_ADDRESS), 'killed'),
    ...{
      STRIPE_SECRET_KEY: SECRET_KEY,
      STRIPE_WEBHOOK_SECRET: 'none is sent',
      LOG_LEVEL: 'silent',
    },
    ...{ DATABASE_URL: database.url, STRIPE_API_BASE: sandbox.url },
    WORKFLOW_BUNDLE: process.env.TEST_WORKFLOW_BUNDLE,
  };
  const [pool, stripe] = [
    createPool({ connectionString: database.url }),
    createStripe({ secretKey: SECRET_KEY, apiBase: sandbox.url }),
  ];
  const temporal = await connectTemporal(loadConfig(environment));
  const catalog = await loadCatalog('catalog.yaml');
  await pushCatalog(stripe, catalog);
  const children: ChildProcess[] = [];
  const run = (words: readonly string[], more: Readonly<Record<string, string>>) => {
    const env = { ...process.env, ...environment, ...more };
    const child = spawn(process.execPath, [BIN, ...words], { env, stdio: 'ignore' });
    children.push(child);
    return child;
  };
  return {
    ...{ pool, stripe, temporal, catalog, ...held },
    startWorker: () =>
      run(['worker'], {
        DATABASE_URL: address.href,
        STRIPE_API_BASE: `http://127.0.0.1:${held.stripeCalls.port}`,
      }),
    command: (...words) => run(words, {}),
    stop: async () => {
      await Promise.all(children.map(kill));
      await temporal.connection.close();
      await pool.end();
      for (const one of [held.database, held.stripeCalls, sandbox]) await one.close();
      await database.drop();
    },
  };
}

/** As a machine that loses its power. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
