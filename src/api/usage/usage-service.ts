/** What takes usage: the gates before it, the group commit behind it, and the paths to it. */
import type { IncomingMessage, RequestListener } from 'node:http';
import type { RequestHandler } from 'express';
import { Registry } from 'prom-client';
import { createGroupCommit, GROUP_COMMIT_LIMITS } from '../../ingest/group-commit';
import { createIntake } from '../../ingest/intake';
import type { Intake } from '../../ingest/intake';
import { modelsOf } from '../../ingest/content/model-watch';
import { createTurns } from '../../ingest/turns/turns';
import { createMetrics } from '../../metrics/api-metrics';
import type { ApiMetrics, Waiting } from '../../metrics/api-metrics';
import { registerUnreadBatches } from '../../metrics/batch-metrics';
import { registerUnknownModels } from '../../metrics/model-metrics';
import { orOurs } from '../../stripe/test-clocks';
import type { ApiDeps } from '../deps';
import { createGates } from '../limits/gates';
import type { Gates } from '../limits/gates';
import type { LimitSettings } from '../limits/request-limits';
import { openMeterHandler } from './openmeter-events';
import { otlpTracesHandler } from './otlp/traces';
import { usageHandler } from './usage';
import { createUsageReader } from './usage-bytes';

type OptionalDeps = 'ingestPool' | 'processMetrics' | 'groupCommitLimits' | 'heldMs';

export interface UsageServiceDeps extends Pick<
  ApiDeps,
  'pool' | 'log' | 'catalog' | 'clocks' | OptionalDeps
> {
  readonly config: LimitSettings & {
    /** Absent: `tollkeeper.customer`. */
    readonly OTLP_CUSTOMER_ATTRIBUTE?: string;
  };
}

export interface UsageService {
  readonly gates: Gates;
  readonly intake: Intake;
  readonly metrics: ApiMetrics;
  readonly serveMetrics: RequestHandler;
  /** Undefined: it is no request with usage. */
  listenerFor(request: IncomingMessage): RequestListener | undefined;
}

export function createUsageService(
  deps: UsageServiceDeps,
  { calls }: Pick<Waiting, 'calls'>,
): UsageService {
  const { pool, ingestPool = pool, log, catalog, clocks } = deps;
  const { OTLP_CUSTOMER_ATTRIBUTE: customerAttribute = 'tollkeeper.customer' } = deps.config;
  const metrics = createMetrics(pool, { rows: () => groupCommit.waitingRows(), calls });
  registerUnknownModels(pool, catalog, metrics.registry);
  registerUnreadBatches(pool, metrics.registry);
  const gates = createGates({ ...deps, pool: ingestPool }, metrics);
  const groupCommit = createGroupCommit(
    ingestPool,
    { ...GROUP_COMMIT_LIMITS, ...deps.groupCommitLimits },
    metrics.groupCommit,
  );
  const takeTurn = createTurns();
  const intake = createIntake({
    ...{ pool: ingestPool, groupCommit, clocks: orOurs(clocks), takeTurn },
    ...modelsOf(deps),
  });
  const readUsage = createUsageReader(gates.limits, takeTurn);
  const usage = { keyring: gates.keyring, intake, metrics, log, readUsage };
  const listeners: Readonly<Record<string, RequestListener>> = {
    '/v1/usage': usageHandler(usage),
    '/api/v1/events': openMeterHandler(usage),
    '/otlp/v1/traces': otlpTracesHandler({ ...usage, pool: ingestPool, customerAttribute }),
  };
  return {
    ...{ gates, intake, metrics, serveMetrics: metricsHandler(metrics, deps) },
    listenerFor: ({ method, url }) => (method === 'POST' ? listeners[pathOf(url)] : undefined),
  };
}

function metricsHandler(
  { registry }: ApiMetrics,
  { processMetrics }: Pick<ApiDeps, 'processMetrics'>,
): RequestHandler {
  const metrics = Registry.merge([registry, ...(processMetrics ? [processMetrics] : [])]);
  return async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.metrics());
  };
}

/** A query, or a slash at the end, makes no other route of it: Express takes them, too. */
const pathOf = (url = ''): string => (url.split('?')[0] ?? '').replace(/(?<=.)\/$/, '');
