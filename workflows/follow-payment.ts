/**
 * Whether an invoice is collected: begins the dunning of one that is not, and ends it when it is.
 */
import {
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  findDunningCase,
  isUnpaid,
  mayHaveCase,
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
    if (known && (await isTold(invoice.id))) return;
    await beginDunning(account, invoice);
    return project(account);
  }
  // A case that this workflow has forgotten, being lost and begun again, must hear of it too.
  const isDecided = invoice.status !== 'open' && invoice.status !== 'draft';
  if (!isDecided || !mayHaveCase(account.state, invoice)) return;
  await isTold(invoice.id);
  if (!known) return;
  update(account, withoutDunningCase(account.state, invoice.id));
  await project(account);
}

/**
 * One case per invoice, whoever asks for it and however often; one that was terminated begins
 * again, and its mails are not sent twice. It outlives this run, also one that is cancelled.
 */
async function beginDunning(account: Account, invoice: InvoiceSnapshot): Promise<void> {
  const { customer } = account.state;
  const isNew = findDunningCase(account.state, invoice.id) === undefined;
  // Before it begins: its first steps may be reported before its beginning is.
  if (isNew) update(account, withDunningCase(account.state, newCase(invoice.id)));
  const input: DunningInput = {
    customer,
    invoiceId: invoice.id,
    amountDueCents: invoice.amountRemainingCents,
    firstFailedAt: firstFailure(invoice),
  };
  try {
    await startChild(DUNNING_WORKFLOW_TYPE, {
      workflowId: dunningWorkflowId(invoice.id),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      taskQueue: BILLING_TASK_QUEUE,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      args: [input],
      staticSummary: `${customer}: invoice ${invoice.id} is unpaid`,
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      await isTold(invoice.id);
      return;
    }
    if (isNew) update(account, withoutDunningCase(account.state, invoice.id));
    throw error;
  }
}

const newCase = (invoiceId: string) =>
  ({ invoiceId, day: null, access: 'warned', isGivenUp: false }) as const;

/** Stripe tries as soon as it has finalized. A test clock's time says nothing about ours. */
function firstFailure({ finalizedAt, isOnTestClock }: InvoiceSnapshot): number {
  const now = Date.now();
  return finalizedAt === null || isOnTestClock ? now : Math.min(now, finalizedAt * 1000);
}

/** The case reads its invoice again. False: there is none, or it is closed. */
async function isTold(invoiceId: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(dunningWorkflowId(invoiceId)).signal(invoiceChanged);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}
