/** An invoice that Stripe has no more: its usage is told, and waits for a decision. */
import { queueHint } from '../src/core/state/hints';
import {
  describeGoneInvoice,
  goneInvoiceCents,
  noteGoneInvoice,
  periodOfGone,
  writeOffGoneInvoice,
} from '../src/core/invoices/invoice-gone';
import type { Run } from './run';
import { closeException, openException, project, become } from './run';
import { ledger } from './proxies';
import type { BillingException, ExceptionKind } from '../src/core/state/remembered';

const KIND = 'invoice_gone';
/** What was told of it while it was there is told no more. */
const OVERTAKEN: readonly ExceptionKind[] = [
  'invoice_differs',
  'finalization_failed',
  'invoice_not_advancing',
];

export async function followGoneInvoice(run: Run, invoiceId: string): Promise<void> {
  const period = periodOfGone(run.state, invoiceId);
  for (const kind of OVERTAKEN) closeException(run, kind, invoiceId);
  if (!period) return;
  become(run, noteGoneInvoice(run.state, period));
  // Another exception tells of a customer who is gone, with all that is on no invoice.
  if (!run.state.isCustomerGone)
    openException(run, {
      ...{ kind: KIND, subject: invoiceId },
      message: describeGoneInvoice(period),
    });
  await project(run);
}

/** `write_off` puts the period away; `retry` asks Stripe once more. */
export async function resolveGoneInvoice(run: Run, exception: BillingException): Promise<void> {
  const { customer } = run.state;
  const { subject, resolution } = exception;
  const period = periodOfGone(run.state, subject);
  const isWrittenOff = resolution?.kind === 'write_off' && period !== undefined;
  const valueCents = isWrittenOff ? goneInvoiceCents(period) : '0';
  await ledger.recordResolution({ customer, exception, differences: [], valueCents });
  closeException(run, KIND, subject);
  if (isWrittenOff) {
    become(run, writeOffGoneInvoice(run.state, period, exception.message));
    return project(run);
  }
  const created = Math.floor(Date.now() / 1000);
  const event = { id: `again:${subject}:${created}`, type: 'invoice.updated', objectId: subject };
  become(run, queueHint(run.state, { ...event, created }));
}
