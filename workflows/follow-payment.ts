/**
 * Whether an invoice is collected: begins the dunning of one that is not, and ends it when it is.
 */
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
import { startBeside, tellBeside } from './beside';
import { DUNNING_WORKFLOW_TYPE, invoiceChanged } from './contract';
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
    const isBegun = await startBeside(DUNNING_WORKFLOW_TYPE, {
      workflowId: dunningWorkflowId(invoice.id),
      workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
      input,
      summary: `${customer}: invoice ${invoice.id} is unpaid`,
    });
    if (!isBegun) await isTold(invoice.id);
  } catch (error) {
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
const isTold = (invoiceId: string): Promise<boolean> =>
  tellBeside(dunningWorkflowId(invoiceId), invoiceChanged);
