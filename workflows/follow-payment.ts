/** Whether an invoice is collected: begins the dunning of one that is not, and ends it when it is. */
import { getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  findDunningCase,
  isUnpaid,
  withDunningCase,
  withoutDunningCase,
} from '../src/core/dunning';
import { dunningWorkflowId } from '../src/core/ids';
import type { InvoiceSnapshot } from '../src/core/invoice';
import type { Account } from './account';
import { project, update } from './account';
import { BILLING_TASK_QUEUE, DUNNING_WORKFLOW_TYPE, invoiceChanged } from './contract';
import type { DunningInput } from './contract';

export async function followPayment(account: Account, invoice: InvoiceSnapshot): Promise<void> {
  const known = findDunningCase(account.state, invoice.id);
  if (isUnpaid(account.state, invoice)) {
    if (known) return tell(invoice.id);
    await beginDunning(account, invoice);
    update(
      account,
      withDunningCase(account.state, {
        ...{ invoiceId: invoice.id, day: null, access: 'warned', isGivenUp: false },
      }),
    );
    return project(account);
  }
  if (!known || invoice.status === 'open') return;
  await tell(invoice.id);
  update(account, withoutDunningCase(account.state, invoice.id));
  await project(account);
}

/** One case per invoice, whoever asks for it and however often. It outlives this run. */
async function beginDunning(account: Account, invoice: InvoiceSnapshot): Promise<void> {
  const { customer } = account.state;
  const input: DunningInput = {
    customer,
    invoiceId: invoice.id,
    amountDueCents: invoice.amountRemainingCents,
    firstFailedAt: firstFailure(invoice),
  };
  try {
    await startChild(DUNNING_WORKFLOW_TYPE, {
      workflowId: dunningWorkflowId(invoice.id),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue: BILLING_TASK_QUEUE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [input],
      staticSummary: `${customer}: invoice ${invoice.id} is unpaid`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    await tell(invoice.id);
  }
}

/** Stripe tries as soon as it has finalized. A test clock's time says nothing about ours. */
function firstFailure({ finalizedAt, isOnTestClock }: InvoiceSnapshot): number {
  const now = Date.now();
  return finalizedAt === null || isOnTestClock ? now : Math.min(now, finalizedAt * 1000);
}

/** The case reads its invoice again; one that is closed already needs no telling. */
async function tell(invoiceId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(dunningWorkflowId(invoiceId)).signal(invoiceChanged);
  } catch {
    // Not found: it has ended, or a lost Temporal never had it.
  }
}
