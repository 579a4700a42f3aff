/** What a rollout asks of customers' own workflows, by Temporal. */
import type { Client } from '@temporalio/client';
import type { CustomerWorkflows } from '../../activities/catalog-rollout';
import { BILLING_WORKFLOW_TYPE } from '../../workflows/contract';
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
