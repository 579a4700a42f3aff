/** Connections to the two Temporal servers of the global setup. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { freePort } from '../../../src/dev/free-port';
import { startChild, untilReady } from '../../../src/dev/processes/child-process';
import { isServing } from '../../../src/dev/temporal/server';
import { SEARCH_ATTRIBUTES } from '../../../src/temporal/connect';
import { createNamespace } from './namespace';

const START_LIMIT_MS = 50_000;

/** How the SDK makes an environment of any kind; of a server that runs it offers no skipping. */
interface Maker {
  create(options: {
    readonly server: { readonly type: 'existing' };
    readonly address: string;
    readonly supportsTimeSkipping: true;
  }): Promise<TestWorkflowEnvironment>;
}

/**
 * Its own server with its own clock: one a test file, and its time is shared by all tests of it.
 * The SDK would start it, and give up after five seconds, which a busy machine needs for less.
 */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-time-'));
  const port = await freePort();
  const child = await startChild({
    command: fromGlobalSetup('TEST_TIME_SKIPPING_SERVER'),
    args: [String(port)],
    logFile: join(folder, 'server.log'),
    // It keeps nothing.
    stopSignal: 'SIGKILL',
  });
  const address = `127.0.0.1:${port}`;
  await untilReady(child, 'The time-skipping server', () => isServing(address), START_LIMIT_MS);
  const env = await (TestWorkflowEnvironment as unknown as Maker).create({
    ...{ server: { type: 'existing' }, address, supportsTimeSkipping: true },
  });
  await env.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: SEARCH_ATTRIBUTES,
  });
  const closeConnections = env.teardown.bind(env);
  env.teardown = async () => {
    await closeConnections();
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return env;
}

/**
 * The dev server: real continue-as-new, children and visibility, but no skipping of time. What an
 * earlier file left behind, and its timers, are in a namespace of their own.
 */
export async function devServerEnvironment(): Promise<TestWorkflowEnvironment> {
  const address = fromGlobalSetup('TEST_TEMPORAL_ADDRESS');
  const namespace = await createNamespace(address, 'workflows');
  return TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
}

function fromGlobalSetup(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(
    `${name} is not set: a test with Temporal belongs to the integration project, whose global ` +
      'setup starts it (jest.config.js).',
  );
}
