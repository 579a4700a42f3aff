/**
 * `tollkeeper catalog rollout`: moving a plan's customers to the catalog of now. Begun, shown with
 * its figures, approved by a person, and followed until it is done or stops.
 */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import {
  approveRolloutUpdate,
  BILLING_TASK_QUEUE,
  cancelRolloutUpdate,
  pauseRolloutUpdate,
  resumeRolloutUpdate,
  ROLLOUT_WORKFLOW_TYPE,
  rolloutStatusQuery,
} from '../../../workflows/contract';
import type { RolloutInput } from '../../../workflows/contract';
import { CommandRefused } from '../terminal/refused';
import { findPlan } from '../../core/plans/catalog';
import { rolloutWorkflowId } from '../../core/ids';
import type { ChangeTime } from '../../core/subscription/plan-change';
import { isOver, isWaiting } from '../../core/plans/rollout';
import type { RolloutDecision, RolloutState, RolloutWord } from '../../core/plans/rollout';
import { findCatalogVersion } from '../../db/catalog-versions';
import { versionOf } from '../../stripe/catalog-version';
import { confirmation } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions } from '../terminal/confirmation';
import { asOperator, print } from '../operator/operator';
import type { OperatorDeps, OutputOptions } from '../operator/operator';
import { progressText, rolloutQuestion, rolloutText } from './catalog-rollout-text';
import { forTerminal } from '../terminal/terminal-text';

export interface RolloutArguments extends ConfirmOptions, OutputOptions {
  readonly to: 'current';
  readonly at: ChangeTime;
  readonly batch: number;
  readonly reason?: string;
  readonly status?: boolean;
  readonly pause?: boolean;
  readonly resume?: boolean;
  readonly skip?: boolean;
  readonly cancel?: boolean;
}

export type RolloutDeps = Pick<OperatorDeps, 'pool' | 'temporal' | 'catalog'>;
type Tell = (line: string) => void;

const LOOK_AGAIN_MS = 250;
/** Most tries at Temporal, while a run continues as new or a worker is slow. */
const TRIES_MAX = 5;

const UPDATES = {
  approve: approveRolloutUpdate,
  pause: pauseRolloutUpdate,
  resume: resumeRolloutUpdate,
  cancel: cancelRolloutUpdate,
} as const;

export async function catalogRollout(plan: string, options: RolloutArguments): Promise<void> {
  await asOperator(async (deps) => {
    const state = await carryOut(deps, plan, options);
    print(state, rolloutText, options);
    if (state.phase === 'stopped') process.exitCode = 1;
  });
}

async function carryOut(
  deps: RolloutDeps,
  plan: string,
  options: RolloutArguments,
): Promise<RolloutState> {
  const tell = (line: string) => console.error(forTerminal(line));
  if (options.status) return readRollout(deps, plan);
  const word = wordOf(options);
  if (options.pause) return decideRollout(deps, plan, 'pause', word);
  if (options.cancel) return decideRollout(deps, plan, 'cancel', word);
  if (options.resume) {
    const id = await idOfRollout(deps, plan);
    await decideRollout(deps, plan, 'resume', word, options.skip);
    return follow(deps, id, tell);
  }
  return rollOut(deps, plan, { ...options, word }, confirmation(options), tell);
}

function wordOf({ reason }: RolloutArguments): RolloutWord {
  if (reason) return { by: `command line, ${userInfo().username}`, reason };
  throw new CommandRefused(
    'Nothing is done: say why, with --reason. It is kept in the audit trail.',
  );
}

/** Begins it, or joins the one that is under way; asks, and follows it. */
export async function rollOut(
  deps: RolloutDeps,
  plan: string,
  { at, batch, word }: Pick<RolloutArguments, 'at' | 'batch'> & { readonly word: RolloutWord },
  confirm: Confirm,
  tell: Tell,
): Promise<RolloutState> {
  const id = await begin(deps, plan, at, batch);
  const state = await follow(deps, id, tell);
  if (state.when !== at)
    throw new CommandRefused(
      `A rollout of ${state.planId} at ${state.when} is ${state.phase} already: finish or cancel ` +
        'it before another one.',
    );
  if (state.phase !== 'awaiting_approval') return state;
  if (state.preview.customers === 0) tell('There is nobody to move.');
  if (!(await confirm(rolloutQuestion(state)))) return state;
  await decideRollout(deps, plan, 'approve', word);
  return follow(deps, id, tell);
}

async function begin(
  deps: RolloutDeps,
  plan: string,
  changeTime: ChangeTime,
  batch: number,
): Promise<string> {
  const { temporal, catalog, pool } = deps;
  const planId = findPlan(catalog, plan).id;
  const version = versionOf(catalog);
  const workflowId = rolloutWorkflowId(planId, version);
  if (!(await findCatalogVersion(pool, version)))
    throw new CommandRefused(
      `Catalog ${version} is not pushed: run tollkeeper catalog push first.`,
    );
  const otherId = (await runningRollouts(deps, planId)).find((id) => id !== workflowId);
  if (otherId !== undefined)
    throw new CommandRefused(
      `${otherId} is under way, to an earlier catalog: finish it, or end it with --cancel.`,
    );
  const { currency } = catalog;
  const input: RolloutInput = { request: { planId, version, when: changeTime, batch, currency } };
  await temporal.workflow.start(ROLLOUT_WORKFLOW_TYPE, {
    workflowId,
    taskQueue: BILLING_TASK_QUEUE,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [input],
    staticSummary: `Moves customers of ${planId} to catalog ${version}`,
  });
  return workflowId;
}

/** Temporal's visibility tells these: it may be some seconds behind. */
async function runningRollouts({ temporal }: RolloutDeps, planId: string): Promise<string[]> {
  const query = `WorkflowType = '${ROLLOUT_WORKFLOW_TYPE}' and ExecutionStatus = 'Running'`;
  const ids: string[] = [];
  for await (const { workflowId } of temporal.workflow.list({ query }))
    if (workflowId.startsWith(rolloutWorkflowId(planId, ''))) ids.push(workflowId);
  return ids;
}

/** It is the one to the catalog of now, or one to an earlier catalog that is still under way. */
async function idOfRollout(deps: RolloutDeps, plan: string): Promise<string> {
  const planId = findPlan(deps.catalog, plan).id;
  const ownId = rolloutWorkflowId(planId, versionOf(deps.catalog));
  const runningIds = await runningRollouts(deps, planId);
  return runningIds.includes(ownId) ? ownId : (runningIds[0] ?? ownId);
}

export async function readRollout(deps: RolloutDeps, plan: string): Promise<RolloutState> {
  return stateOf(deps, await idOfRollout(deps, plan));
}

const stateOf = (deps: RolloutDeps, id: string): Promise<RolloutState> =>
  atRollout(deps, id, (handle) => handle.query<RolloutState>(rolloutStatusQuery.name));

export async function decideRollout(
  deps: RolloutDeps,
  plan: string,
  decision: RolloutDecision,
  word: RolloutWord,
  skip = false,
): Promise<RolloutState> {
  const args: [RolloutWord & { skip?: boolean }] = [{ ...word, ...(skip && { skip }) }];
  const updateId = randomUUID();
  return atRollout(deps, await idOfRollout(deps, plan), (handle) =>
    handle.executeUpdate<RolloutState, typeof args>(UPDATES[decision].name, { args, updateId }),
  );
}

/** Tells its progress until somebody has to say something, or it is over. */
async function follow(deps: RolloutDeps, id: string, tell: Tell): Promise<RolloutState> {
  for (let lastLine = ''; ;) {
    const state = await stateOf(deps, id);
    const line = progressText(state);
    if (line !== lastLine) tell(line);
    lastLine = line;
    if (isOver(state) || isWaiting(state)) return state;
    await pause(LOOK_AGAIN_MS);
  }
}

async function atRollout<T>(
  { temporal }: RolloutDeps,
  id: string,
  ask: (handle: WorkflowHandle) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(temporal.workflow.getHandle(id));
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError)
        throw new CommandRefused(error.cause?.message ?? error.message);
      if (error instanceof WorkflowNotFoundError)
        throw new CommandRefused(
          `No rollout ${id} is under way: expected one begun by tollkeeper catalog rollout.`,
        );
      // The run that continues as new just now takes no message; the next one does.
      if (tries === TRIES_MAX) throw error;
      await pause(LOOK_AGAIN_MS);
    }
  }
}
