/**
 * Each invoice of the subscription, as Stripe has it now:
 *   draft           its period is to be closed (workflows/period-close.ts)
 *   open            Stripe has finalized: the period takes no more usage
 *   paid            the period is archived, and the run resets; so it does where Stripe does
 *                   not expect the money any more: void, uncollectible
 *   not collected   dunning:{invoice} begins, beside all of this
 *   paid for usage that vendors sold: payout:{invoice} begins, beside all of this
 * The invoice is read again, so it makes no difference which webhook came first or twice.
 */
import { billedEnd, isOurs, noteInvoice, periodBilledBy } from '../src/core/invoices/invoice';
import { hintSubscription } from '../src/core/state/hints';
import { isGone } from '../src/core/invoices/invoice-gone';
import { followDraft, heldWhenFinal } from '../src/core/invoices/invoice-hold';
import { settleByInvoice } from '../src/core/invoices/late-items';
import { billRestLater, postponeInvoice } from '../src/core/state/recovery';
import { isFlushed } from '../src/core/counting/reporting';
import { dueThresholds } from '../src/core/counting/thresholds';
import type { Run } from './run';
import { beginPayout } from './begin-payout';
import { closeException, openException, project, become } from './run';
import { compare, reportDifferences } from './compare-invoice';
import { explainUnbilled } from './explain-unbilled';
import { followPayment } from './follow-payment';
import { followGoneInvoice } from './gone-invoice';
import { FLUSH_PATIENCE, closes } from './proxies';
import { compareAgain, noteAdvance, noteUnplaced } from './let-go-draft';
import { readSubscription } from './read-subscription';
import { untilOrEnd } from './until';
import type { PeriodState } from '../src/core/state/period-state';
import { archive, findPeriod, subscriptionOf, withPeriod } from '../src/core/state/periods';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { isAgreed } from '../src/core/proof/differences';

export async function followInvoice(run: Run, invoiceId: string): Promise<void> {
  const { customer } = run.state;
  const at = Date.now();
  const invoice = await closes.readInvoice.executeWithOptions({ summary: invoiceId }, [
    { customer, invoiceId },
  ]);
  if (invoice.status === 'draft') run.drafts.set(invoiceId, { invoice, at });
  else run.drafts.delete(invoiceId);
  if (isGone(invoice)) {
    await followPayment(run, invoice);
    return followGoneInvoice(run, invoiceId);
  }
  if (!isOurs(run.state, invoice)) return;
  closeException(run, 'invoice_gone', invoiceId);
  noteFinalization(run, invoice);
  await followPayment(run, invoice);
  if (invoice.status === 'paid' && invoice.paysVendors)
    await beginPayout({ customer, source: invoice.id });
  if (billedEnd(run.state, invoice) === undefined) {
    noteUnplaced(run, invoice);
    return explainUnbilled(run, invoice);
  }
  // A renewal means that a further period has begun: it is read before this one is closed.
  if (isLatestKnown(run, invoice)) await readSubscription(run);
  const period = periodBilledBy(run.state, invoice);
  // The period is from before we kept this customer, or put away: then nothing of ours is billed by
  // the invoice any more.
  if (!period) {
    noteUnplaced(run, invoice);
    return noteAfterwards(run, invoice);
  }
  const { recovering } = run.state;
  // What is final is told apart from what is late once everything is counted.
  if (recovering && !recovering.isCounted && invoice.status !== 'draft')
    return become(run, postponeInvoice(run.state, invoice.id));
  closeException(run, 'usage_uninvoiced', subscriptionOf(run.state, period));
  switch (invoice.status) {
    case 'draft':
      return beginClosing(run, period, invoice);
    case 'paid':
    case 'void':
      return archivePeriod(run, period, invoice);
    case 'uncollectible':
      if (!run.isLegacy) return archivePeriod(run, period, invoice);
      return finalizePeriod(run, period, invoice);
    default:
      return finalizePeriod(run, period, invoice);
  }
}

function isLatestKnown({ state, isLegacy }: Run, invoice: InvoiceSnapshot): boolean {
  const isPutAway = state.archived.some((period) => period.invoice?.id === invoice.id);
  if (isPutAway && !isLegacy) return false;
  const billed = periodBilledBy(state, invoice);
  return billed === undefined || billed === state.periods.at(-1);
}

/** Stripe could not finalize a draft: it stays one until somebody mends the cause. */
function noteFinalization(run: Run, { id, status, finalizationError }: InvoiceSnapshot) {
  if (status !== 'draft' || finalizationError === null)
    return closeException(run, 'finalization_failed', id);
  openException(run, {
    kind: 'finalization_failed',
    subject: id,
    message: `Stripe could not finalize invoice ${id}: ${finalizationError}`,
  });
}

/** Usage may still arrive, and all of it must be on the invoice before Stripe finalizes. */
async function beginClosing(run: Run, period: PeriodState, invoice: InvoiceSnapshot) {
  if (!run.isLegacy) {
    become(run, followDraft(run.state, period, invoice));
    run.news.set(invoice.id, (run.news.get(invoice.id) ?? 0) + 1);
    await compareAgain(run, period.start, invoice);
    return noteAdvance(run, period.start, invoice);
  }
  const phase = period.phase === 'open' ? 'closing' : period.phase;
  become(run, noteInvoice(run.state, period, phase, invoice));
}

/** What is on a finalized invoice stands; later usage is late. */
async function finalizePeriod(run: Run, previousPeriod: PeriodState, invoice: InvoiceSnapshot) {
  const hasBeenCompared = previousPeriod.phase === 'finalized' && !previousPeriod.isUncompared;
  if (!hasBeenCompared) await untilCounted(run, previousPeriod.start);
  const period = findPeriod(run.state, previousPeriod.start);
  if (!period) return;
  if (!run.isLegacy)
    become(run, withPeriod(run.state, { ...period, held: heldWhenFinal(invoice, Date.now()) }));
  noteAdvance(run, period.start, invoice);
  become(run, billRestLater(run.state, period.start, invoice));
  const counted = findPeriod(run.state, period.start) ?? period;
  const finalizedAt = counted.finalizedAt ?? finalizedSecond(invoice);
  // Whoever looks next compares it, if that was refused or cut short by the end of the run.
  const due = !hasBeenCompared && !run.isLegacy && { isUncompared: true as const };
  const { recovering, appliedSequence } = run.state;
  // A run that was begun again after a loss has counted all before it looked at the invoice.
  const countedUpTo = counted.countedUpTo ?? (recovering ? undefined : appliedSequence);
  const upTo = countedUpTo !== undefined && { countedUpTo };
  const notedPeriod = { ...counted, finalizedAt, ...upTo, ...due };
  const finalized = noteInvoice(run.state, notedPeriod, 'finalized', invoice);
  become(run, settleByInvoice(finalized, invoice));
  if (hasBeenCompared) return;
  // What is final stays as it was read.
  const { found } = await compare(run, period.start, invoice.id, invoice);
  noteCompared(run, period.start);
  if (isAgreed(period, found)) closeException(run, 'invoice_differs', invoice.id);
  else reportDifferences(run, invoice.id, found);
  tidySubscription(run, period);
  await project(run);
}

function noteCompared(run: Run, start: number): void {
  const { isUncompared, ...compared } = findPeriod(run.state, start) ?? {};
  if (isUncompared) become(run, withPeriod(run.state, compared as PeriodState));
}

/**
 * It is the second by our clock, which is the ledger's: a test clock's time says nothing about it.
 */
const finalizedSecond = ({ isOnTestClock, finalizedAt }: InvoiceSnapshot): number =>
  (isOnTestClock ? null : finalizedAt) ?? Math.floor(Date.now() / 1000);

/** A period that is finalized keeps its counts: what is about to change them goes first. */
async function untilCounted(run: Run, start: number): Promise<void> {
  const isCounted = () => run.state.recount === null && isFlushed(run.state, start);
  if (isCounted() || run.state.recovering) return;
  await untilOrEnd(run, isCounted, FLUSH_PATIENCE, {
    summary: 'until what was counted is at Stripe',
  });
}

/**
 * Another plan holds by now: items for the old one's rates are of no more use, and those that the
 * invoice has waited with their old price for are exchanged.
 */
function tidySubscription(run: Run, { terms }: PeriodState): void {
  const { state } = run;
  const current = state.periods.at(-1);
  const isOther =
    current?.terms.planId !== terms.planId || current.terms.catalogVersion !== terms.catalogVersion;
  const isOutdated = current?.outdatedItems !== undefined && !run.isLegacy;
  if (isOther || isOutdated) become(run, hintSubscription(state));
}

/** An archived period's invoice may still be paid, or given up: that is shown. */
async function noteAfterwards(run: Run, invoice: InvoiceSnapshot): Promise<void> {
  if (run.isLegacy) return;
  const archived = run.state.archived.find((period) => period.invoice?.id === invoice.id);
  if (!archived || archived.invoice?.status === invoice.status) return;
  const phase = invoice.status === 'paid' ? 'paid' : 'void';
  become(run, noteInvoice(run.state, archived, phase, invoice));
  await project(run);
}

/**
 * The invoice was paid, however late, or is not expected to be any more: its period is archived,
 * and no other is touched.
 */
async function archivePeriod(run: Run, period: PeriodState, invoice: InvoiceSnapshot) {
  await finalizePeriod(run, period, invoice);
  const { start } = period;
  const phase = invoice.status === 'paid' ? 'paid' : 'void';
  const settled = findPeriod(run.state, start);
  if (!settled) return;
  become(run, noteInvoice(run.state, settled, phase, invoice));
  // The customer is told of all that the period brought before it is put away.
  await untilOrEnd(run, () => {
    const latest = findPeriod(run.state, period.start);
    return !latest || dueThresholds(latest).length === 0;
  });
  become(run, archive(run.state, start));
  await project(run);
  run.isReset = true;
}
