/** Which workflows are open, by Temporal's visibility: it may be some seconds behind. */
import { BILLING_WORKFLOW_TYPE, DUNNING_WORKFLOW_TYPE } from '../../../workflows/contract';
import { billingWorkflowId, dunningWorkflowId } from '../../core/ids';
import type { OperatorDeps } from './operator';

type Temporal = Pick<OperatorDeps, 'temporal'>;

/** Customers whose workflow says that it has an open exception. */
export const customersWithExceptions = (deps: Temporal): Promise<string[]> =>
  namesOf(deps, BILLING_WORKFLOW_TYPE, ' and OpenException is not null', billingWorkflowId(''));

/** Invoices whose dunning is under way. */
export const invoicesInDunning = (deps: Temporal): Promise<string[]> =>
  namesOf(deps, DUNNING_WORKFLOW_TYPE, '', dunningWorkflowId(''));

async function namesOf(
  { temporal }: Temporal,
  workflowType: string,
  condition: string,
  prefix: string,
): Promise<string[]> {
  const query = `WorkflowType = '${workflowType}' and ExecutionStatus = 'Running'${condition}`;
  const names = new Set<string>();
  for await (const { workflowId } of temporal.workflow.list({ query }))
    names.add(workflowId.slice(prefix.length));
  return [...names].sort();
}
