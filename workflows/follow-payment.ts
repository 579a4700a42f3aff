/**
 * Follows whether an invoice is collected: begins the dunning of one that is not, and ends it when
 * it is.
 */
import {
  findDunningCase,
  isUnpaid,
  mayHaveCase,
  withDunningCase,
  withoutDunningCase,
} from '../src/core/dunning/dunning';
import { dunningWorkflowId } from '../src/core/ids';
import type { Run } from './run';
import { project, become } from './run';
import { startBeside, tellBeside } from './beside';
import { DUNNING_WORKFLOW_TYPE, invoiceChangedSignal } from './contract';
import type { DunningInput } from './contract';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';

export async function followPayment(run: Run, invoice: InvoiceSnapshot): Promise<void> {
  const knownCase = findDunningCase(run.state, invoice.id);
  if (isUnpaid(run.state, invoice)) {
    if (knownCase && (await tellCase(invoice.id))) return;
    await beginDunning(run, invoice);
    return project(run);
  }
  // A case that this workflow has forgotten, being lost and begun again, must hear of it too.
  const isDecided = invoice.status !== 'open' && invoice.status !== 'draft';
  if (!isDecided || !mayHaveCase(run.state, invoice)) return;
  await tellCase(invoice.id);
  if (!knownCase) return;
  become(run, withoutDunningCase(run.state, invoice.id));
  await project(run);
}

/**
 * An invoice has one case, whoever asks for it and however often; one that was terminated begins
 * again, and its mails are not sent twice. It outlives this run, also one that is cancelled.
 */
async function beginDunning(run: Run, invoice: InvoiceSnapshot): Promise<void> {
  const { customer } = run.state;
  const isNew = findDunningCase(run.state, invoice.id) === undefined;
  // The case is noted before it begins: its first steps may be reported before its beginning is.
  if (isNew) become(run, withDunningCase(run.state, newCase(invoice.id)));
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
    if (!isBegun) await tellCase(invoice.id);
  } catch (error) {
    if (isNew) become(run, withoutDunningCase(run.state, invoice.id));
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

/** The case reads its invoice again. False says that there is none, or it is closed. */
const tellCase = (invoiceId: string): Promise<boolean> =>
  tellBeside(dunningWorkflowId(invoiceId), invoiceChangedSignal);
