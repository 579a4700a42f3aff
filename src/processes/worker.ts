/**
 * The worker process: workflows with their ledger activities, Stripe's activities, the pipeline
 * with the deliverer of notifications.
 */
import { Runtime, DefaultLogger } from '@temporalio/worker';
import type { LogEntry } from '@temporalio/worker';
import { storeCatalogVersion } from '../db/catalog-versions';
import { startDriftAudit } from '../drift/drift-audit';
import { startPipeline } from '../ingest/pipeline';
import { startNotifications } from './notifications';
import { createWorkflowSignals } from '../temporal/signals';
import { createVendorSignal } from '../temporal/vendor-signals';
import { ensureLostEventsSchedule } from '../temporal/lost-events-schedule';
import { createRunMetrics } from '../metrics/run-metrics';
import { createAdoption } from './adoption';
import type { Services } from './services';
import { createReportWaits } from './report-waits';
import { createTaskWorkers } from './task-workers';
import { startUndelivered } from './undelivered-events';
import { asVersion } from '../stripe/catalog-version';
import { createChargeReader } from '../stripe/charge-customer';
import { createConnectedAccounts } from '../stripe/connected-accounts';
import { createMeterErrorReader } from '../stripe/meter-error-report';
import { serveWorkerMetrics } from '../metrics/worker-metrics';
import { connectWorker, ensureSearchAttributes } from '../temporal/connect';

export interface RunningWorker {
  /** Resolves when the worker has stopped. */
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

export async function runWorker(services: Services): Promise<RunningWorker> {
  const { config, log, pool, temporal } = services;
  installRuntime(services);
  await storeCatalogVersion(pool, asVersion(services.catalog));
  await ensureSearchAttributes(temporal);
  await ensureLostEventsSchedule(temporal, log);
  const connection = await connectWorker(config);
  const signals = createWorkflowSignals(services);
  const waits = createReportWaits();
  const runs = createRunMetrics(waits.noteSignal);
  const workers = await createTaskWorkers(services, {
    ...{ connection, sinks: runs.sinks, onReport: waits.interceptor },
    signalStripeEvent: signals.signalStripeEvent,
  });
  const metrics = await serveWorkerMetrics(services, runs.registry);
  const notifications = startNotifications(services);
  const pipeline = startPipeline({
    ...services,
    signals,
    takeReportWaitMs: waits.take,
    readMeterErrors: createMeterErrorReader(services.stripe),
    readChargeCustomer: createChargeReader(services.stripe),
    adoptSubscription: createAdoption(services),
    readAccount: createConnectedAccounts(services.stripe).read,
    vendorChanged: createVendorSignal(services),
    deliverer: notifications.deliverer,
  });
  const audit = startDriftAudit(services);
  const undelivered = startUndelivered(services);
  const stop = Promise.all(workers.map((worker) => worker.run()))
    .finally(() => Promise.all([audit.stop(), undelivered.stop()]))
    .finally(() => pipeline.stop())
    .finally(() => notifications.close())
    .finally(() => metrics?.close().closeAllConnections())
    .finally(() => connection.close())
    .then(() => log.info('worker stopped'));
  return {
    stopped: stop,
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await stop;
    },
  };
}

/** Temporal's own log goes where ours goes. */
function installRuntime({ log, config }: Services): void {
  const write = ({ level, message, meta }: LogEntry) => {
    const method = level === 'WARN' ? 'warn' : level === 'ERROR' ? 'error' : 'info';
    log[method](meta ?? {}, message);
  };
  // Who runs the worker stops it: the runtime would do so on signals by itself, and twice is an
  // error.
  const bindAddress = config.TEMPORAL_METRICS_ADDRESS;
  Runtime.install({
    logger: new DefaultLogger('WARN', write),
    shutdownSignals: [],
    ...(bindAddress && { telemetryOptions: { metrics: { prometheus: { bindAddress } } } }),
  });
}
