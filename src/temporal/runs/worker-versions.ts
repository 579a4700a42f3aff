/** Which versions of the worker there are, which runs are on each, and how they move. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import {
  BILLING_WORKFLOW_TYPE,
  DUNNING_WORKFLOW_TYPE,
  IMPORT_WORKFLOW_TYPE,
  moveToCurrentVersionSignal,
  PAYOUT_WORKFLOW_TYPE,
  ROLLOUT_WORKFLOW_TYPE,
} from '../../../workflows/contract';

/** These live for long, and hear the signal. */
const LONG_TYPES = [
  BILLING_WORKFLOW_TYPE,
  DUNNING_WORKFLOW_TYPE,
  PAYOUT_WORKFLOW_TYPE,
  ROLLOUT_WORKFLOW_TYPE,
  IMPORT_WORKFLOW_TYPE,
];
const RUNNING = `ExecutionStatus = 'Running' and WorkflowType in (${LONG_TYPES.map(
  (type) => `'${type}'`,
).join(', ')})`;
/** Each signal is a run that ends and one that begins: not all of them at once. */
const SIGNALS_AT_ONCE = 10;
const LOOK_AGAIN_MS = 1_000;
const NAMES_MAX = 20;
/** Temporal's code for what is not there. */
const NOT_FOUND = 5;

export interface WorkerVersions {
  readonly deployment: string;
  /** Where runs begin; null: with workers that have no version. */
  readonly current: string | null;
  /** It gets a part of the runs that begin. Null: none does. */
  readonly ramping: string | null;
  /** Build ids with the long runs that are on each. A build of null: runs without a version. */
  readonly versions: readonly { readonly build: string | null; readonly runs: number }[];
}

export interface Move {
  readonly signalled: number;
  /** They were elsewhere still when patience ended. */
  readonly left: number;
  /** Some of those, by workflow id. */
  readonly examples: readonly string[];
}

export async function readWorkerVersions(
  temporal: Client,
  deployment: string,
): Promise<WorkerVersions> {
  const info = await describe(temporal, deployment);
  const builds = (info?.versionSummaries ?? []).map(
    ({ deploymentVersion }) => deploymentVersion?.buildId ?? '',
  );
  const versions = [];
  for (const build of [...builds, null])
    versions.push({ build, runs: await count(temporal, onVersion(deployment, build)) });
  const { currentDeploymentVersion, rampingDeploymentVersion } = info?.routingConfig ?? {};
  return {
    deployment,
    current: currentDeploymentVersion?.buildId ?? null,
    ramping: rampingDeploymentVersion?.buildId ?? null,
    versions: versions.filter(({ build, runs }) => build !== null || runs > 0),
  };
}

/** Undefined: no worker of this deployment has ever been seen. */
async function describe({ workflowService, options }: Client, deploymentName: string) {
  try {
    const { namespace } = options;
    const answer = await workflowService.describeWorkerDeployment({ namespace, deploymentName });
    return answer.workerDeploymentInfo;
  } catch (error) {
    if ((error as { code?: number }).code === NOT_FOUND) return undefined;
    throw error;
  }
}

const nameOf = (deployment: string, build: string) => `'${deployment}:${build}'`;

const onVersion = (deployment: string, build: string | null): string =>
  build === null
    ? 'TemporalWorkerDeploymentVersion is null'
    : `TemporalWorkerDeploymentVersion = ${nameOf(deployment, build)}`;

async function count({ workflow }: Client, condition: string): Promise<number> {
  return (await workflow.count(`${RUNNING} and ${condition}`)).count;
}

/**
 * Has every long run that is on another version continue as new, and waits until none is left, or
 * for `patienceMs`. Each is told once: its next run has no version before its first task, and is
 * listed as if it were elsewhere still.
 */
export async function moveToCurrentVersion(
  temporal: Client,
  versions: Pick<WorkerVersions, 'deployment' | 'current' | 'ramping'>,
  patienceMs: number,
): Promise<Move> {
  const query = `${RUNNING} and ${elsewhere(versions)}`;
  const signalledIds = new Set<string>();
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const remainingIds: string[] = [];
    let batch: Promise<void>[] = [];
    for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
      remainingIds.push(workflowId);
      if (signalledIds.has(workflowId)) continue;
      signalledIds.add(workflowId);
      batch.push(signal(temporal, workflowId, runId));
      if (batch.length < SIGNALS_AT_ONCE) continue;
      await Promise.all(batch);
      batch = [];
    }
    await Promise.all(batch);
    if (remainingIds.length === 0 || Date.now() > deadline) {
      const examples = remainingIds.slice(0, NAMES_MAX);
      return { signalled: signalledIds.size, left: remainingIds.length, examples };
    }
    await pause(LOOK_AGAIN_MS);
  }
}

function elsewhere(versions: Pick<WorkerVersions, 'deployment' | 'current' | 'ramping'>): string {
  const { deployment, current, ramping } = versions;
  const names = [current, ramping].flatMap((build) =>
    build === null ? [] : [nameOf(deployment, build)],
  );
  if (names.length === 0) return 'TemporalWorkerDeploymentVersion is not null';
  const isOther = `TemporalWorkerDeploymentVersion not in (${names.join(', ')})`;
  // Where a part begins without a version, runs without one are where they belong.
  return current === null ? isOther : `(TemporalWorkerDeploymentVersion is null or ${isOther})`;
}

/** It is for this run and no later one: what has moved meanwhile is left alone. */
async function signal({ workflow }: Client, workflowId: string, runId: string): Promise<void> {
  try {
    await workflow.getHandle(workflowId, runId).signal(moveToCurrentVersionSignal);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
