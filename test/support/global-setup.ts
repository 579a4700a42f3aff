/**
 * Starts once, for all integration tests: Postgres with a migrated template database, a Temporal
 * dev server, the workflow bundle, Chromium and the dashboard. Where they are is told in TEST_*
 * environment variables.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger } from '@temporalio/worker';
import { grantAppRole } from '../../src/db/app-role';
import { migrate } from '../../src/db/migrate';
import { readDevEnvironment } from '../../src/dev/environment';
import { findChromium } from '../../src/dev/chromium';
import { freePort } from '../../src/dev/free-port';
import { createDatabaseIfMissing, startPostgres } from '../../src/dev/postgres/server';
import { findTemporalCli } from '../../src/dev/temporal/command-line';
import { startTemporalServer } from '../../src/dev/temporal/server';
import { findTimeSkippingServer } from '../../src/dev/temporal/time-skipping-server';
import { bundleWorkflows } from '../../src/processes/workflow-code';
import { APP_ROLE, createAppRole, TEMPLATE_DATABASE } from './stack/database';

declare global {
  /** How the teardown ends what the setup started. */
  var stopTestServers: (() => Promise<void>) | undefined;
}

export default async function globalSetup(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-test-'));
  const stops: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  globalThis.stopTestServers = async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    // One after the other: at once they only compete for the cores.
    stops.push(await providePostgres(folder));
    stops.push(await provideTemporal(folder));
    await provideBundle(folder);
    process.env.TEST_CHROMIUM = JSON.stringify(await findChromium(readDevEnvironment()));
    // A process of its own: Vite is an ES module, and this one has the test runner's loader.
    execFileSync(process.execPath, ['bin/build-dashboard.js'], { stdio: 'inherit' });
  } catch (error) {
    await globalThis.stopTestServers();
    throw error;
  }
}

async function providePostgres(folder: string): Promise<() => Promise<void>> {
  const server = await startPostgres({
    dataFolder: join(folder, 'postgres'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    // The data live as long as the test run.
    settings: { fsync: 'off', full_page_writes: 'off', max_prepared_transactions: '5' },
  });
  await createDatabaseIfMissing(server.adminUrl, TEMPLATE_DATABASE);
  await migrate(server.databaseUrl(TEMPLATE_DATABASE));
  await createAppRole(server.adminUrl);
  // Each test's database is a copy of the template, with its grants.
  await grantAppRole(server.databaseUrl(TEMPLATE_DATABASE), APP_ROLE);
  process.env.TEST_DATABASE_ADMIN_URL = server.adminUrl;
  return async () => {
    await server.stop();
    await rm(server.dataFolder, { recursive: true, force: true });
  };
}

async function provideTemporal(folder: string): Promise<() => Promise<void>> {
  const environment = readDevEnvironment();
  const say = (line: string) => process.stderr.write(`${line}\n`);
  process.env.TEST_TIME_SKIPPING_SERVER = await findTimeSkippingServer(environment, say);
  const server = await startTemporalServer({
    cli: await findTemporalCli(environment, say),
    port: await freePort(),
    logFile: join(folder, 'temporal.log'),
  });
  process.env.TEST_TEMPORAL_ADDRESS = server.address;
  return server.stop;
}

async function provideBundle(folder: string): Promise<void> {
  const { code } = await bundleWorkflows(undefined, new DefaultLogger('ERROR'));
  const file = join(folder, 'workflows.js');
  await writeFile(file, code);
  process.env.TEST_WORKFLOW_BUNDLE = file;
}
