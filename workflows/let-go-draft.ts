/**
 * Drafts that do not advance though their books agree: those that a paused collection kept are let
 * go when the pause is over, oldest first; of any other an operator is told.
 */
import { booksOf } from '../src/core/proof/books';
import { isNotAdvancing, nextKeptDraft, nextUncollected } from '../src/core/invoices/invoice-hold';
import type { Run } from './run';
import { closeException, openException, become } from './run';
import { attempt } from './attempt';
import { compare, isRight, reportDifferences } from './compare-invoice';
import { holds } from './proxies';
import { until } from './until';
import type { PeriodState } from '../src/core/state/period-state';
import { findPeriod, withPeriod } from '../src/core/state/periods';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { isAsCounted } from '../src/core/proof/differences';

/** Runs of release 0.1.0 leave them to people. */
export async function letGoKeptDrafts(run: Run): Promise<void> {
  if (run.isLegacy) return;
  const next = () => nextKeptDraft(run.state) ?? nextUncollected(run.state);
  for (;;) {
    await until(run, () => next() !== undefined);
    if (run.isClosing) return;
    const subject = next()?.invoice?.id;
    if (subject === undefined) continue;
    const errand = { subject: lettingGo(subject), what: `Letting invoice ${subject} go failed` };
    const reason = next()?.phase === 'finalized' ? 'equal to the ledger' : 'the pause is over';
    const isOver = () => next()?.invoice?.id !== subject;
    await attempt(run, errand, () => letGo(run, subject, reason), isOver);
  }
}

const lettingGo = (invoiceId: string): string => `letting go:${invoiceId}`;

/**
 * A draft is compared once more: it may have been kept for months. What is final was compared, and
 * is collected.
 */
export async function letGo(run: Run, invoiceId: string, reason: string): Promise<void> {
  const reconciled = () =>
    run.state.periods.find(
      ({ invoice, phase }) => invoice?.id === invoiceId && phase === 'reconciled',
    );
  const previousPeriod = reconciled();
  if (!previousPeriod) return collect(run, invoiceId, reason);
  const comparison = await compare(run, previousPeriod.start, invoiceId);
  const { found, current } = comparison;
  const period = reconciled();
  if (!period) return;
  if (current.status === 'draft' && !isRight(period, comparison)) {
    become(run, withPeriod(run.state, { ...period, phase: 'closing' }));
    return reportDifferences(run, invoiceId, found);
  }
  const { customer } = run.state;
  // Its time is past, so it is finalized at once.
  const request = { customer, invoiceId, decidedAt: Date.now(), finalizesAt: 0, reason };
  if (current.status === 'draft') await holds.releaseInvoice(request);
  const released = findPeriod(run.state, previousPeriod.start);
  if (released) become(run, withPeriod(run.state, { ...released, held: undefined }));
}

/**
 * The invoice is final, and kept from being collected; or it is of no period, and somebody has
 * looked at it.
 */
async function collect(run: Run, invoiceId: string, reason: string): Promise<void> {
  const isIt = ({ invoice, phase }: PeriodState) =>
    invoice?.id === invoiceId && phase === 'finalized';
  const { customer, periods } = run.state;
  const isPlaced = periods.some(({ invoice }) => invoice?.id === invoiceId);
  if (isPlaced && !periods.some((period) => isIt(period) && period.held)) return;
  const request = { customer, invoiceId, decidedAt: Date.now(), finalizesAt: null, reason };
  await holds.releaseInvoice(request);
  const period = run.state.periods.find(isIt);
  if (period) become(run, withPeriod(run.state, { ...period, held: undefined }));
}

/**
 * The draft was let go, and somebody has changed it since: its close begins again, and it is held.
 */
export async function compareAgain(run: Run, start: number, invoice: InvoiceSnapshot) {
  const reconciled = () => {
    const period = findPeriod(run.state, start);
    return period?.phase === 'reconciled' && period.invoice?.id === invoice.id ? period : undefined;
  };
  const previousPeriod = reconciled();
  if (!previousPeriod || isAsCounted(previousPeriod, invoice, booksOf(run.state))) return;
  const comparison = await compare(run, start, invoice.id);
  const period = reconciled();
  if (!period || comparison.current.status !== 'draft' || isRight(period, comparison)) return;
  become(run, withPeriod(run.state, { ...period, phase: 'closing' }));
}

/**
 * It is told where it was read that the draft stays one, and closed where it was read that it does
 * not.
 */
export function noteAdvance(run: Run, start: number, invoice: InvoiceSnapshot): void {
  if (run.isLegacy) return;
  const { id } = invoice;
  // What was refused while it was a draft is of no more use.
  if (invoice.status !== 'draft')
    for (const subject of [`hold:${id}`, lettingGo(id)])
      closeException(run, 'stripe_refused', subject);
  const period = findPeriod(run.state, start);
  if (!period || !isNotAdvancing(period, invoice, Date.now()))
    return closeException(run, 'invoice_not_advancing', id);
  openException(run, {
    ...{ kind: 'invoice_not_advancing', subject: id },
    message:
      invoice.status === 'open'
        ? describeUncollected(id)
        : `Invoice ${id} equals the ledger and stays a draft: ` +
          (invoice.autoAdvance
            ? `Stripe was to finalize it at ${invoice.finalizesAt} and has not.`
            : 'it does not advance by itself, and Tollkeeper is not what holds it.') +
          ' Finalize it, here by retry or at Stripe, or delete what it bills.',
  });
}

const describeUncollected = (id: string): string =>
  `Invoice ${id} is final, unpaid, and nobody collects it: somebody has turned its automatic ` +
  'advancement off, or it was to be paid by a date that is past. Collect it, here by retry or at ' +
  'Stripe, or void it.';

/**
 * The draft is held at sight, and of no period that we know: there is nothing to compare it with.
 */
export function noteUnplaced(run: Run, { id, status, hold }: InvoiceSnapshot): void {
  if (run.isLegacy || run.state.recovering) return;
  if (status !== 'draft' || !hold) return closeException(run, 'invoice_not_advancing', id);
  openException(run, {
    ...{ kind: 'invoice_not_advancing', subject: id },
    message:
      `Invoice ${id} is held, and bills no period that Tollkeeper knows: it can't be compared. ` +
      'Look at it at Stripe, and put it right there; retry lets it go as it is.',
  });
}
