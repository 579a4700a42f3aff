/**
 * Each invoice of the subscription, as Stripe has it now:
 *   draft           its period is to be closed (workflows/period-close.ts)
 *   open            Stripe has finalized: the period takes no more usage
 *   paid, void      the period is archived, and the account resets
 *   not collected   dunning:{invoice} begins, beside all of this
 *   paid for usage that vendors sold: payout:{invoice} begins, beside all of this
 * The invoice is read again, so it makes no difference which webhook came first or twice.
 */
import { condition } from '@temporalio/workflow';
import type { PeriodState } from '../src/core/billing-state';
import { archive, findPeriod } from '../src/core/billing-state';
import type { InvoiceSnapshot } from '../src/core/invoice';
import { billedEnd, isOurs, isSettled, noteInvoice, periodBilledBy } from '../src/core/invoice';
import { hintSubscription } from '../src/core/hints';
import { settleByInvoice } from '../src/core/late-usage';
import { isFlushed } from '../src/core/reporting';
import { dueThresholds } from '../src/core/thresholds';
import type { Account } from './account';
import { beginPayout } from './begin-payout';
import { closeException, openException, project, update } from './account';
import { compare, reportDifferences } from './compare-invoice';
import { followPayment } from './follow-payment';
import { FLUSH_PATIENCE, stripe } from './proxies';
import { readSubscription } from './read-subscription';

export async function followInvoice(account: Account, invoiceId: string): Promise<void> {
  const { customer } = account.state;
  const invoice = await stripe.readInvoice.executeWithOptions({ summary: invoiceId }, [
    { customer, invoiceId },
  ]);
  if (!isOurs(account.state, invoice)) return;
  noteFinalization(account, invoice);
  await followPayment(account, invoice);
  if (invoice.status === 'paid' && invoice.paysVendors)
    await beginPayout({ customer, source: invoice.id });
  if (billedEnd(account.state, invoice) === undefined) return;
  // A renewal means that a further period has begun: know it before this one is closed.
  if (isLatestKnown(account, invoice)) await readSubscription(account);
  const period = periodBilledBy(account.state, invoice);
  // Already archived, or from before we kept this customer: nothing of ours is billed by it.
  if (!period) return;
  closeException(account, 'usage_uninvoiced', account.state.subscriptionId ?? '');
  switch (invoice.status) {
    case 'draft':
      return beginClosing(account, period, invoice);
    case 'paid':
    case 'void':
      return archivePeriod(account, period, invoice);
    default:
      return finalizePeriod(account, period, invoice);
  }
}

function isLatestKnown({ state }: Account, invoice: InvoiceSnapshot): boolean {
  const billed = periodBilledBy(state, invoice);
  return billed === undefined || billed === state.periods.at(-1);
}

/** Stripe could not finalize a draft: it stays one until somebody mends the cause. */
function noteFinalization(account: Account, { id, status, finalizationError }: InvoiceSnapshot) {
  if (status !== 'draft' || finalizationError === null)
    return closeException(account, 'finalization_failed', id);
  openException(account, {
    kind: 'finalization_failed',
    subject: id,
    message: `Stripe could not finalize invoice ${id}: ${finalizationError}`,
  });
}

/** Usage may still arrive, and all of it must be on the invoice before Stripe finalizes. */
function beginClosing(account: Account, period: PeriodState, invoice: InvoiceSnapshot): void {
  const phase = period.phase === 'open' ? 'closing' : period.phase;
  update(account, noteInvoice(account.state, period, phase, invoice));
}

/** Finalized: what is on the invoice stands; later usage is late. */
async function finalizePeriod(account: Account, seen: PeriodState, invoice: InvoiceSnapshot) {
  const hasBeenCompared = seen.phase === 'finalized';
  if (!hasBeenCompared) await untilCounted(account, seen.start);
  const period = findPeriod(account.state, seen.start);
  if (!period) return;
  const finalized = noteInvoice(account.state, period, 'finalized', invoice);
  update(account, settleByInvoice(finalized, invoice));
  if (hasBeenCompared) return;
  const { found } = await compare(account, period.start, invoice.id);
  if (isSettled(period, found)) closeException(account, 'invoice_differs', invoice.id);
  else reportDifferences(account, invoice.id, found);
  tidySubscription(account, period);
  await project(account);
}

/** A period that is finalized keeps its counts: what is about to change them goes first. */
async function untilCounted(account: Account, start: number): Promise<void> {
  const isCounted = () => account.state.recount === null && isFlushed(account.state, start);
  if (isCounted()) return;
  await condition(isCounted, FLUSH_PATIENCE, { summary: 'until what was counted is at Stripe' });
}

/** Another plan holds by now: items for the old one's rates are of no more use. */
function tidySubscription(account: Account, { terms }: PeriodState): void {
  const { state } = account;
  const current = state.periods.at(-1);
  if (current?.terms.planId !== terms.planId) update(account, hintSubscription(state));
}

/** Paid, however late, or void: this period is archived, and no other is touched. */
async function archivePeriod(account: Account, period: PeriodState, invoice: InvoiceSnapshot) {
  await finalizePeriod(account, period, invoice);
  const { start } = period;
  const phase = invoice.status === 'void' ? 'void' : 'paid';
  const settled = findPeriod(account.state, start);
  if (!settled) return;
  update(account, noteInvoice(account.state, settled, phase, invoice));
  // The customer is told of all that the period brought before it is put away.
  await condition(() => {
    const latest = findPeriod(account.state, period.start);
    return !latest || dueThresholds(latest).length === 0;
  });
  update(account, archive(account.state, start));
  await project(account);
  account.isReset = true;
}
