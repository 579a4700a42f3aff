/** The workers of a process: one for each task queue, all of the same version. */
import { Worker } from '@temporalio/worker';
import type {
  ActivityInterceptorsFactory,
  InjectedSinks,
  NativeConnection,
  WorkerOptions,
} from '@temporalio/worker';
import {
  createImportActivities,
  createLedgerActivities,
  createRolloutActivities,
  createStripeActivities,
} from '../../activities';
import type { ActivityDeps } from '../../activities';
import {
  BILLING_TASK_QUEUE,
  STRIPE_METERS_TASK_QUEUE,
  STRIPE_TASK_QUEUE,
} from '../../workflows/contract';
import type { RunSinks } from '../../workflows/end-of-run';
import type { Config } from '../config';
import { modelsOf } from '../ingest/content/model-watch';
import { drainLedger } from '../ingest/sealing';
import { createUsageTaker } from '../ingest/signalled-usage';
import { createMeterStream } from '../stripe/meter-stream';
import { createClocks, orOurs } from '../stripe/test-clocks';
import { createCustomerWorkflows, createImportedWorkflows } from '../temporal/customer-workflows';
import { dataConverter } from '../temporal/data-converter';
import { traceSinks } from '../temporal/workflow-spans';
import type { Services } from './services';
import { workflowCode } from './workflow-code';
import { cachedWorkflowsOf, notingNoStackTraces } from './workflow-threads';

const SHUTDOWN_GRACE = '10 seconds';
/**
 * A task that has waited for longer goes to any worker, which reads the history anew. After ten
 * seconds, as the SDK has it, late workers read nothing but histories, and stayed late. A worker
 * that has died keeps so long what came until Temporal saw that nobody asks, which is ten seconds.
 */
const STICKY_WAIT = '30 seconds';

interface Wiring {
  readonly connection: NativeConnection;
  readonly sinks: InjectedSinks<RunSinks>;
  /** Sees each report as a worker takes it up. */
  readonly onReport: ActivityInterceptorsFactory;
  readonly signalStripeEvent: ActivityDeps['signalStripeEvent'];
}

export async function createTaskWorkers(
  services: Services,
  { connection, sinks, onReport, signalStripeEvent }: Wiring,
): Promise<Worker[]> {
  const { config } = services;
  const deps = activityDeps(services, signalStripeEvent);
  const sharedOptions = {
    ...{ connection, namespace: config.TEMPORAL_NAMESPACE, shutdownGraceTime: SHUTDOWN_GRACE },
    dataConverter: dataConverter(config),
    interceptors: { activity: services.traces?.activity },
    sinks: { ...traceSinks, ...sinks },
    ...versionOf(config),
  };
  const workflowBundle = await workflowCode(config);
  const createBilling = () =>
    Worker.create({
      ...sharedOptions,
      taskQueue: BILLING_TASK_QUEUE,
      workflowBundle,
      activities: {
        ...createLedgerActivities(deps),
        ...createRolloutActivities({ ...deps, customers: createCustomerWorkflows(services) }),
        ...createImportActivities({ ...deps, imported: createImportedWorkflows(services) }),
      },
      // An idle customer leaves the cache and costs nothing.
      maxCachedWorkflows: config.CACHED_WORKFLOWS_MAX ?? cachedWorkflowsOf(),
      stickyQueueScheduleToStartTimeout: STICKY_WAIT,
      // No more database activities at a time than there are connections to serve them.
      maxConcurrentActivityTaskExecutions: config.DATABASE_POOL_SIZE,
    });
  const billing = await (config.WORKFLOW_STACK_TRACES === 'on'
    ? createBilling()
    : notingNoStackTraces(createBilling));
  const activities = createStripeActivities(deps);
  const stripe = await Worker.create({
    ...{ ...sharedOptions, activities },
    taskQueue: STRIPE_TASK_QUEUE,
    maxTaskQueueActivitiesPerSecond: config.STRIPE_CALLS_PER_SECOND,
  });
  const meters = await Worker.create({
    ...{ ...sharedOptions, activities },
    interceptors: { activity: [...(services.traces?.activity ?? []), onReport] },
    taskQueue: STRIPE_METERS_TASK_QUEUE,
    maxTaskQueueActivitiesPerSecond: config.STRIPE_METER_EVENTS_PER_SECOND,
  });
  return [billing, stripe, meters];
}

function activityDeps(
  services: Services,
  signalStripeEvent: Wiring['signalStripeEvent'],
): ActivityDeps {
  const { config, pool } = services;
  return {
    pool,
    stripe: services.stripe,
    catalog: services.catalog,
    ...(config.STRIPE_METER_TRANSPORT === 'stream' && {
      sendReport: createMeterStream(services.stripe),
    }),
    drainLedger: (customer) => drainLedger(pool, customer),
    takeUsage: createUsageTaker({
      ...{ pool, clocks: orOurs(createClocks(services.stripe)) },
      ...modelsOf(services),
    }),
    signalStripeEvent,
    now: Date.now,
  };
}

/** A run stays on the version that took its first task; without a build id there are none. */
function versionOf(config: Config): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  const { TEMPORAL_WORKER_BUILD_ID: buildId, TEMPORAL_DEPLOYMENT_NAME: deploymentName } = config;
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}
