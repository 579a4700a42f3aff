/** Another version of the worker beside the product's own, and the words that route runs to it. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readDevEnvironment } from '../../../src/dev/environment';
import { findTemporalCli } from '../../../src/dev/temporal/command-line';
import { createRunMetrics } from '../../../src/metrics/run-metrics';
import { createServices } from '../../../src/processes/services';
import { createTaskWorkers } from '../../../src/processes/task-workers';
import { connectWorker } from '../../../src/temporal/connect';
import { createWorkflowSignals } from '../../../src/temporal/signals';
import type { Product } from '../stack/product';

export interface VersionedWorker {
  stop(): Promise<void>;
}

/** The product's process has Temporal's runtime already: here are only its workers once more. */
export async function startVersion(
  { config }: Product,
  build: string,
  bundle = String(config.WORKFLOW_BUNDLE),
): Promise<VersionedWorker> {
  const services = await createServices({
    ...config,
    ...{ TEMPORAL_WORKER_BUILD_ID: build, WORKFLOW_BUNDLE: bundle },
  });
  const connection = await connectWorker(services.config);
  const { signalStripeEvent } = createWorkflowSignals(services);
  const { sinks } = createRunMetrics(() => undefined);
  const workers = await createTaskWorkers(services, {
    ...{ connection, sinks, signalStripeEvent },
    onReport: () => ({}),
  });
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await ended;
      await connection.close();
      await services.close();
    },
  };
}

/** As an operator does it, by Temporal's own command. */
export async function setCurrent({ config }: Product, build: string): Promise<void> {
  const cli = await findTemporalCli(readDevEnvironment(), () => undefined);
  await promisify(execFile)(cli, [
    ...['worker', 'deployment', 'set-current-version', '--yes'],
    ...['--deployment-name', config.TEMPORAL_DEPLOYMENT_NAME, '--build-id', build],
    ...['--address', config.TEMPORAL_ADDRESS, '--namespace', config.TEMPORAL_NAMESPACE],
  ]);
}

/** Workflow code of a release to come: it writes its state in another form, and reads today's. */
export function workflowsOfNextRelease(dir: string): string {
  const code = readFileSync(String(process.env.TEST_WORKFLOW_BUNDLE), 'utf8');
  const file = join(dir, 'next-workflows.js');
  const changes: readonly (readonly [string, string])[] = [
    ['const BILLING_STATE_VERSION = 1;', 'const BILLING_STATE_VERSION = 2;'],
    ['const UPCASTS = {};', 'const UPCASTS = { 1: (state) => ({ ...state, schemaVersion: 2 }) };'],
  ];
  const changed = changes.reduce((text, [today, next]) => {
    if (text.split(today).length !== 2) throw new Error(`the bundle has no single ${today}`);
    return text.replace(today, next);
  }, code);
  writeFileSync(file, changed);
  return file;
}
