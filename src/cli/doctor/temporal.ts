/** The doctor's look at Temporal: are there workers, and does every run go on? */
import type { Client } from '@temporalio/client';
import {
  BILLING_TASK_QUEUE,
  STRIPE_METERS_TASK_QUEUE,
  STRIPE_TASK_QUEUE,
} from '../../../workflows/contract';
import { shortened } from '../../core/text';
import { ENDED_BY_OTHERS, SEARCH_ATTRIBUTES } from '../../temporal/connect';
import { whyTaskFails } from '../../temporal/runs/failed-task';
import { critical, warning } from './finding';
import type { Check, Finding } from './finding';

const TEMPORAL = 'Temporal';

/** Each call is tried for long by itself: one question says whether the others are worth it. */
const ANSWER_MS = 5_000;

export const temporalAnswers = ({ connection }: Pick<Client, 'connection'>): Check => ({
  ...{ name: 'whether it answers', of: TEMPORAL },
  look: async () => {
    await connection.withDeadline(Date.now() + ANSWER_MS, () =>
      connection.workflowService.getSystemInfo({}),
    );
    return [];
  },
});

export const temporalChecks = (temporal: Client): Check[] => [
  { name: 'search attributes', of: TEMPORAL, look: () => attributeFindings(temporal) },
  ...Object.keys(KINDS).map((queue) => ({
    name: `workers of the task queue ${queue}`,
    of: TEMPORAL,
    look: () => workerFindings(temporal, queue),
  })),
  { name: 'runs that ended', of: TEMPORAL, look: () => endedFindings(temporal) },
  { name: 'workflow tasks', of: TEMPORAL, look: () => failingFindings(temporal) },
];

async function attributeFindings({ connection, options }: Client): Promise<Finding[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({
    namespace: options.namespace,
  });
  const missingNames = Object.keys(SEARCH_ATTRIBUTES).filter((name) => !customAttributes?.[name]);
  return missingNames.length === 0
    ? []
    : [
        critical(
          TEMPORAL,
          `the namespace ${options.namespace} lacks the search attributes ${missingNames.join(', ')}`,
          'Start a worker, which registers them, or have an operator of the cluster do it.',
        ),
      ];
}

/** Values of Temporal's enum: 1 for workflow tasks, 2 for activities. */
const KINDS = {
  [BILLING_TASK_QUEUE]: [1, 2],
  [STRIPE_TASK_QUEUE]: [2],
  [STRIPE_METERS_TASK_QUEUE]: [2],
} as const;

async function workerFindings({ workflowService, options }: Client, queue: string) {
  const kinds = KINDS[queue as keyof typeof KINDS];
  const pollers = await Promise.all(
    kinds.map(async (taskQueueType) => {
      const answer = await workflowService.describeTaskQueue({
        namespace: options.namespace,
        taskQueue: { name: queue },
        taskQueueType,
      });
      return answer.pollers?.length ?? 0;
    }),
  );
  return pollers.every((count) => count > 0)
    ? []
    : [
        critical(
          TEMPORAL,
          `no worker polls the task queue ${queue}`,
          'npx tollkeeper worker; its log says what it lacks.',
        ),
      ];
}

const ENDED =
  `WorkflowType in ('billing', 'dunning', 'payout') and ExecutionStatus in ` +
  `(${ENDED_BY_OTHERS.map((status) => `'${status}'`).join(', ')})`;
const RUNS_SHOWN = 100;

/** One that runs again is well again. */
async function endedFindings({ workflow }: Client): Promise<Finding[]> {
  const findings = new Map<string, Finding>();
  for await (const { workflowId, status, closeTime } of workflow.list({ query: ENDED })) {
    if (findings.size >= RUNS_SHOWN) break;
    if (findings.has(workflowId)) continue;
    const latestRun = await workflow.getHandle(workflowId).describe();
    if (latestRun.status.name !== status.name) continue;
    findings.set(
      workflowId,
      critical(
        TEMPORAL,
        `${workflowId} is ${status.name} since ${closeTime?.toISOString() ?? 'an unknown time'}`,
        'It begins again with the next signal: npx tollkeeper find-lost-events gives one.',
      ),
    );
  }
  return [...findings.values()];
}

const RUNNING = `ExecutionStatus = 'Running'`;
const LOOKED_AT_MAX = 2_000;
const AT_ONCE = 20;
/** The first attempts of a task may meet a worker that is just stopping. */
const ATTEMPTS_MAX = 3;
const REASON_CHARACTERS_MAX = 500;

const failingFinding = (workflowId: string, attempt: number, reason = ''): Finding =>
  critical(
    TEMPORAL,
    `the workflow task of ${workflowId} fails, ${attempt} times by now` +
      (reason && `: ${shortened(reason, REASON_CHARACTERS_MAX)}`),
    'A worker with the fix takes it up, or one of the release that can read what it carries.',
  );

/** A task that fails is tried for ever: its run stands still meanwhile, and counts as running. */
async function failingFindings(temporal: Client): Promise<Finding[]> {
  const { workflow } = temporal;
  const ids: string[] = [];
  let isMore = false;
  for await (const { workflowId } of workflow.list({ query: RUNNING })) {
    isMore = ids.length >= LOOKED_AT_MAX;
    if (isMore) break;
    ids.push(workflowId);
  }
  const findings: Finding[] = [];
  for (let index = 0; index < ids.length; index += AT_ONCE) {
    const descriptions = await Promise.all(
      ids.slice(index, index + AT_ONCE).map((id) => workflow.getHandle(id).describe()),
    );
    for (const { workflowId, raw } of descriptions) {
      const attempt = raw.pendingWorkflowTask?.attempt ?? 0;
      if (attempt > ATTEMPTS_MAX)
        findings.push(
          failingFinding(workflowId, attempt, await whyTaskFails(temporal, workflowId)),
        );
    }
  }
  if (isMore)
    findings.push(
      warning(
        TEMPORAL,
        `only the first ${LOOKED_AT_MAX} running workflows were looked at`,
        'tollkeeper_silent_workflows has those of all customers, as the audit comes by.',
      ),
    );
  return findings;
}
