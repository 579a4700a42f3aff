/**
 * Invoices that bill no period: the first one of a subscription, and those of a change of plan.
 * They leave at once, so that each is explained after it has; what nothing explains is told.
 */
import { booksOf } from '../src/core/proof/books';
import { differencesInCents } from '../src/core/proof/cent-differences';
import { correctUnbilled } from '../src/core/invoices/correction';
import { withoutDecision } from '../src/core/state/exceptions';
import { postponeInvoice } from '../src/core/state/recovery';
import { settlementValueCents } from '../src/core/invoices/settlement';
import { isExplained, isToExplain, noteExplained } from '../src/core/invoices/unbilled-invoice';
import type { Run } from './run';
import { closeException, become } from './run';
import { reportDifferences } from './compare-invoice';
import { closes, ledger } from './proxies';
import { readSubscription } from './read-subscription';
import type { BillingException, ExceptionResolution } from '../src/core/state/remembered';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { describeDifferences } from '../src/core/proof/differences';

export async function explainUnbilled(run: Run, invoice: InvoiceSnapshot): Promise<void> {
  if (run.isLegacy || !isToExplain(run.state, invoice)) return;
  const { recovering } = run.state;
  if (recovering && !recovering.isCounted)
    return become(run, postponeInvoice(run.state, invoice.id));
  // The change that it settles may not have been read yet.
  if (differencesOf(run, invoice).length > 0) await readSubscription(run);
  const rows = differencesOf(run, invoice);
  const settlement = describeDifferences(rows);
  if (rows.length > 0 && !isExplained(run.state, invoice.id, settlement))
    return reportDifferences(run, invoice.id, rows);
  become(run, noteExplained(run.state, invoice.id, settlement));
  closeException(run, 'invoice_differs', invoice.id);
}

const differencesOf = ({ state }: Run, invoice: InvoiceSnapshot) =>
  differencesInCents(undefined, invoice, booksOf(state));

/** Accepted or corrected by a line of the next draft, it is told no more. */
export async function resolveUnbilled(
  run: Run,
  exception: BillingException & { readonly resolution: ExceptionResolution },
): Promise<void> {
  const { customer } = run.state;
  const { kind, subject: invoiceId, resolution } = exception;
  const invoice = await closes.readInvoice({ customer, invoiceId });
  const books = booksOf(run.state);
  // Nothing can be worked out about a period that is forgotten by now.
  const differences = isToExplain(run.state, invoice) ? differencesOf(run, invoice) : [];
  const isWorth = differences.length > 0 && resolution.kind !== 'retry';
  const valueCents = isWorth ? settlementValueCents(undefined, invoice, books) : '0';
  await ledger.recordResolution({ customer, exception, differences, valueCents });
  if (resolution.kind === 'correct' && differences.length > 0)
    become(run, correctUnbilled(run.state, invoice, books));
  const settlement = describeDifferences(differences);
  const isStill = resolution.kind === 'retry' && differences.length > 0;
  if (isStill) return become(run, withoutDecision(run.state, exception));
  become(run, noteExplained(run.state, invoiceId, settlement));
  closeException(run, kind, invoiceId);
}
