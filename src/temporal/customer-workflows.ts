/** What rollouts and imports ask of customers' own workflows, by Temporal. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { CustomerWorkflows } from '../../activities/catalog-rollout';
import type { ImportedWorkflows } from '../../activities/import-records';
import { BILLING_WORKFLOW_TYPE, letGoUpdate } from '../../workflows/contract';
import type { Config } from '../config';
import { DomainError } from '../core/errors';
import { billingWorkflowId } from '../core/ids';
import { askWorkflow } from '../drift/ask-workflow';
import { createBillingStarter } from './signals';
import { createBillingUpdates } from './updates';

interface Deps {
  readonly temporal: Client;
  readonly config: Pick<Config, 'SIGNALS_PER_RUN_MAX'>;
}

export function createCustomerWorkflows(deps: Deps): CustomerWorkflows {
  const { temporal } = deps;
  const updates = createBillingUpdates(temporal, createBillingStarter(deps));
  return {
    changePlan: updates.changePlan,
    openExceptions: async (customer) => {
      const answer = await askWorkflow({ temporal }, customer);
      if (answer.answered) return answer.state.exceptions;
      throw new DomainError('billing_unavailable', answer.reason);
    },
    customersWithExceptions: async () => {
      const query =
        `WorkflowType = '${BILLING_WORKFLOW_TYPE}' and ExecutionStatus = 'Running' and ` +
        'OpenException is not null';
      const customers: string[] = [];
      for await (const { workflowId } of temporal.workflow.list({ query }))
        customers.push(workflowId.slice(billingWorkflowId('').length));
      return customers;
    },
  };
}

/** A run that has just begun reads the subscription first. */
const TRIES_MAX = 20;
const TRY_AGAIN_MS = 1_000;
const PATIENCE_MS = 60_000;

export function createImportedWorkflows(deps: Deps): ImportedWorkflows {
  const { temporal } = deps;
  return {
    startBilling: createBillingStarter(deps),
    letGo: (customer) => letGo(temporal, billingWorkflowId(customer)),
    endStray: async (customer) => {
      try {
        const stray = temporal.workflow.getHandle(billingWorkflowId(customer));
        await stray.terminate('its import was undone');
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },
  };
}

/** It has ended when this answers: whatever it does is done by then. */
async function letGo(temporal: Client, workflowId: string): Promise<string | null> {
  for (let tries = 1; ; tries += 1) {
    const handle = temporal.workflow.getHandle(workflowId);
    try {
      await temporal.withDeadline(Date.now() + PATIENCE_MS, async () => {
        await handle.executeUpdate(letGoUpdate, { updateId: randomUUID() });
        await handle.result();
      });
      return null;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      const { type, message } = refusalOf(error) ?? {};
      if (type === 'import_stays') return message ?? type;
      if (tries === TRIES_MAX) throw error;
      await pause(TRY_AGAIN_MS);
    }
  }
}

function refusalOf(error: unknown): ApplicationFailure | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  return error.cause instanceof ApplicationFailure ? error.cause : undefined;
}
