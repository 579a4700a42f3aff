/**
 * The worker process: workflows with their ledger activities, Stripe's activities, the pipeline
 * with the deliverer of notifications.
 */
import { Worker, Runtime, DefaultLogger } from '@temporalio/worker';
import type { LogEntry, WorkerOptions } from '@temporalio/worker';
import {
  createLedgerActivities,
  createImportActivities,
  createRolloutActivities,
  createStripeActivities,
} from '../../activities';
import type { ActivityDeps } from '../../activities';
import { BILLING_TASK_QUEUE, STRIPE_TASK_QUEUE } from '../../workflows/contract';
import { createCustomerWorkflows, createImportedWorkflows } from '../temporal/customer-workflows';
import { storeCatalogVersion } from '../db/catalog-versions';
import { drainLedger } from '../ingest/sealing';
import { startDriftAudit } from '../drift/drift-audit';
import { startPipeline } from '../ingest/pipeline';
import { startNotifications } from './notifications';
import { createWorkflowSignals } from '../temporal/signals';
import { createVendorSignal } from '../temporal/vendor-signals';
import { ensureLostEventsSchedule } from '../temporal/lost-events-schedule';
import { createRunMetrics } from '../metrics/run-metrics';
import { createAdoption } from './adoption';
import type { Services } from './services';
import { modelsOf } from '../ingest/content/model-watch';
import { createUsageTaker } from '../ingest/signalled-usage';
import { asVersion } from '../stripe/catalog-version';
import { createChargeReader } from '../stripe/charge-customer';
import { createConnectedAccounts } from '../stripe/connected-accounts';
import { createMeterErrorReader } from '../stripe/meter-error-report';
import { createClocks, orOurs } from '../stripe/test-clocks';
import { traceSinks } from '../temporal/workflow-spans';
import { serveWorkerMetrics } from '../metrics/worker-metrics';
import { connectWorker, ensureSearchAttributes } from '../temporal/connect';
import { dataConverter } from '../temporal/data-converter';
import { workflowCode } from './workflow-code';

/** Enough for a busy process; an idle customer leaves the cache and costs nothing. */
const CACHED_WORKFLOWS_MAX = 500;
const SHUTDOWN_GRACE = '10 seconds';

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
  const deps: ActivityDeps = {
    pool,
    stripe: services.stripe,
    catalog: services.catalog,
    drainLedger: (customer) => drainLedger(pool, customer),
    takeUsage: createUsageTaker({
      ...{ pool, clocks: orOurs(createClocks(services.stripe)) },
      ...modelsOf(services),
    }),
    signalStripeEvent: signals.signalStripeEvent,
    now: Date.now,
  };
  const runs = createRunMetrics();
  const { billing, stripe } = await createWorkers(services, deps, {
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    shutdownGraceTime: SHUTDOWN_GRACE,
    dataConverter: dataConverter(config),
    interceptors: { activity: services.traces?.activity },
    sinks: { ...traceSinks, ...runs.sinks },
  });
  const metrics = await serveWorkerMetrics(services, runs.registry);
  const notifications = startNotifications(services);
  const pipeline = startPipeline({
    ...services,
    signals,
    readMeterErrors: createMeterErrorReader(services.stripe),
    readChargeCustomer: createChargeReader(services.stripe),
    adoptSubscription: createAdoption(services),
    readAccount: createConnectedAccounts(services.stripe).read,
    vendorChanged: createVendorSignal(services),
    deliverer: notifications.deliverer,
  });
  const audit = startDriftAudit(services);
  const stop = Promise.all([billing.run(), stripe.run()])
    .finally(() => audit.stop())
    .finally(() => pipeline.stop())
    .finally(() => notifications.close())
    .finally(() => metrics?.close().closeAllConnections())
    .finally(() => connection.close())
    .then(() => log.info('worker stopped'));
  return {
    stopped: stop,
    stop: async () => {
      billing.shutdown();
      stripe.shutdown();
      await stop;
    },
  };
}

/** One for each task queue. */
async function createWorkers(
  services: Services,
  deps: ActivityDeps,
  sharedOptions: Omit<WorkerOptions, 'taskQueue'>,
): Promise<{ billing: Worker; stripe: Worker }> {
  const { config } = services;
  const billing = await Worker.create({
    ...sharedOptions,
    taskQueue: BILLING_TASK_QUEUE,
    workflowBundle: await workflowCode(config),
    activities: {
      ...createLedgerActivities(deps),
      ...createRolloutActivities({ ...deps, customers: createCustomerWorkflows(services) }),
      ...createImportActivities({ ...deps, imported: createImportedWorkflows(services) }),
    },
    maxCachedWorkflows: CACHED_WORKFLOWS_MAX,
    // No more database activities at a time than there are connections to serve them.
    maxConcurrentActivityTaskExecutions: config.DATABASE_POOL_SIZE,
  });
  const stripe = await Worker.create({
    ...sharedOptions,
    taskQueue: STRIPE_TASK_QUEUE,
    activities: createStripeActivities(deps),
    maxTaskQueueActivitiesPerSecond: config.STRIPE_CALLS_PER_SECOND,
  });
  return { billing, stripe };
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
