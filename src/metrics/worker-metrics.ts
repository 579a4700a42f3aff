/**
 * The worker's own metrics on a port of their own, where METRICS_PORT says so: how its calls to
 * Stripe end, and what only the workflows know, as Temporal's visibility has it.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { Gauge, Registry } from 'prom-client';
import {
  BILLING_WORKFLOW_TYPE,
  DUNNING_WORKFLOW_TYPE,
  PAYOUT_WORKFLOW_TYPE,
  RECONCILIATION_WORKFLOW_TYPE,
  ROLLOUT_WORKFLOW_TYPE,
} from '../../workflows/contract';
import type { Config } from '../config';
import { atMostEvery } from './at-most-every';
import type { Catalog } from '../core/plans/catalog';
import { EXCEPTION_KINDS } from '../core/state/exceptions';
import { ENDED_BY_OTHERS } from '../temporal/connect';
import type { StripeMetrics } from './stripe-metrics';

const READ_AGAIN_AFTER_MS = 15_000;

interface Deps {
  readonly temporal: Client;
  readonly catalog: Catalog;
  readonly stripeMetrics: StripeMetrics;
  readonly config: Pick<Config, 'METRICS_PORT' | 'HOST'>;
  readonly log: Logger;
}

/** undefined: no port was asked for. */
export async function serveWorkerMetrics(
  deps: Deps,
  ofRuns: Registry,
): Promise<Server | undefined> {
  const { METRICS_PORT: port, HOST: host } = deps.config;
  if (port === undefined) return undefined;
  const ownRegistry = new Registry();
  registerWorkflows(deps, [ownRegistry]);
  const allRegistry = Registry.merge([ownRegistry, ofRuns, deps.stripeMetrics.registry]);
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(request.url === '/healthz' ? 200 : 404).end();
      return;
    }
    allRegistry.metrics().then(
      (text) => response.setHeader('Content-Type', allRegistry.contentType).end(text),
      (error: unknown) => {
        deps.log.error({ err: error }, 'metrics could not be read');
        response.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}

function registerWorkflows({ temporal, catalog }: Deps, registers: Registry[]): void {
  const exceptions = atMostEvery(READ_AGAIN_AFTER_MS, () => countExceptions(temporal));
  new Gauge({
    name: 'tollkeeper_open_exceptions',
    help: 'Workflows with an open exception, by the kind of the first; some seconds behind',
    labelNames: ['kind'] as const,
    registers,
    async collect() {
      for (const [kind, workflows] of await exceptions()) this.set({ kind }, workflows);
    },
  });
  const ended = atMostEvery(READ_AGAIN_AFTER_MS, () => countEnded(temporal));
  new Gauge({
    name: 'tollkeeper_ended_workflows',
    help: 'Runs of the last day that failed, timed out, were terminated or canceled: none ever should',
    labelNames: ['type', 'status'] as const,
    registers,
    async collect() {
      for (const { type, status, runs } of await ended()) this.set({ type, status }, runs);
    },
  });
  const dunning = atMostEvery(READ_AGAIN_AFTER_MS, () => countDunning(temporal, catalog));
  new Gauge({
    name: 'tollkeeper_dunning_cases',
    help: 'Unpaid invoices in dunning, by the last step taken; some seconds behind',
    labelNames: ['step'] as const,
    registers,
    async collect() {
      for (const [step, cases] of await dunning()) this.set({ step }, cases);
    },
  });
}

/** NaN while Temporal can't be reached. */
const countAll = (temporal: Client, condition: string): Promise<number> =>
  temporal.workflow.count(condition).then(
    (answer) => answer.count,
    () => NaN,
  );

const count = (temporal: Client, condition: string): Promise<number> =>
  countAll(temporal, `ExecutionStatus = 'Running' and ${condition}`);

const DAY_MS = 24 * 60 * 60 * 1000;
const TYPES = [
  BILLING_WORKFLOW_TYPE,
  DUNNING_WORKFLOW_TYPE,
  PAYOUT_WORKFLOW_TYPE,
  RECONCILIATION_WORKFLOW_TYPE,
  ROLLOUT_WORKFLOW_TYPE,
];
function countEnded(temporal: Client) {
  const dayAgo = new Date(Date.now() - DAY_MS).toISOString();
  const kinds = TYPES.flatMap((type) => ENDED_BY_OTHERS.map((status) => ({ type, status })));
  return Promise.all(
    kinds.map(async ({ type, status }) => ({
      ...{ type, status },
      runs: await countAll(
        temporal,
        `WorkflowType = '${type}' and ExecutionStatus = '${status}' and CloseTime > '${dayAgo}'`,
      ),
    })),
  );
}

/** What a rollout shows that waits for an operator. */
const ROLLOUT_STOPPED = 'rollout_stopped';

const countExceptions = (temporal: Client) =>
  Promise.all(
    [...EXCEPTION_KINDS, ROLLOUT_STOPPED].map(
      async (kind) => [kind, await count(temporal, `OpenException = '${kind}'`)] as const,
    ),
  );

/** The catalog's steps count; `other` has cases that were opened under another schedule. */
async function countDunning(temporal: Client, { dunning }: Catalog) {
  const isCase = `WorkflowType = '${DUNNING_WORKFLOW_TYPE}'`;
  const steps = dunning.steps.map(({ day, action }) => `day ${day} ${action}`);
  const caseCount = await count(temporal, isCase);
  const stepCounts = await Promise.all(
    steps.map(
      async (step) =>
        [step, await count(temporal, `${isCase} and DunningStep = '${step}'`)] as const,
    ),
  );
  const inSteps = stepCounts.reduce((sum, [, cases]) => sum + cases, 0);
  return [...stepCounts, ['other', Math.max(0, caseCount - inSteps)] as const];
}
