/**
 * The worker's own metrics on a port of their own, where METRICS_PORT says so: how its calls to
 * Stripe end, and what only the workflows know, as Temporal's visibility has it.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Client } from '@temporalio/client';
import { Gauge, Registry } from 'prom-client';
import { DUNNING_WORKFLOW_TYPE } from '../workflows/contract';
import { atMostEvery } from './api/reading';
import type { Catalog } from './core/catalog';
import { EXCEPTION_KINDS } from './core/exceptions';
import type { Services } from './services';

const READ_AGAIN_AFTER_MS = 15_000;

type Deps = Pick<Services, 'temporal' | 'catalog' | 'stripeMetrics' | 'config' | 'log'>;

/** undefined: no port was asked for. */
export async function serveWorkerMetrics(deps: Deps): Promise<Server | undefined> {
  const { METRICS_PORT: port, HOST: host } = deps.config;
  if (port === undefined) return undefined;
  const own = new Registry();
  registerWorkflows(deps, [own]);
  const all = Registry.merge([own, deps.stripeMetrics.registry]);
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    all.metrics().then(
      (text) => response.setHeader('Content-Type', all.contentType).end(text),
      (error: unknown) => {
        deps.log.error({ err: error }, 'metrics could not be read');
        response.writeHead(500).end();
      },
    );
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(port, host, listening);
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
const count = (temporal: Client, condition: string): Promise<number> =>
  temporal.workflow.count(`ExecutionStatus = 'Running' and ${condition}`).then(
    (answer) => answer.count,
    () => NaN,
  );

const countExceptions = (temporal: Client) =>
  Promise.all(
    EXCEPTION_KINDS.map(
      async (kind) => [kind, await count(temporal, `OpenException = '${kind}'`)] as const,
    ),
  );

/** By the catalog's steps; `other` has cases that were opened under another schedule. */
async function countDunning(temporal: Client, { dunning }: Catalog) {
  const isCase = `WorkflowType = '${DUNNING_WORKFLOW_TYPE}'`;
  const steps = dunning.steps.map(({ day, action }) => `day ${day} ${action}`);
  const all = await count(temporal, isCase);
  const counted = await Promise.all(
    steps.map(
      async (step) =>
        [step, await count(temporal, `${isCase} and DunningStep = '${step}'`)] as const,
    ),
  );
  const inSteps = counted.reduce((sum, [, cases]) => sum + cases, 0);
  return [...counted, ['other', Math.max(0, all - inSteps)] as const];
}
