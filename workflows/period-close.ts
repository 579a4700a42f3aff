/**
 * The end of a period, as an operator would do it by hand:
 *   draft      drain the ledger, flush to Stripe, compare; hold the invoice while they differ
 *   open       Stripe has finalized: the period takes no more usage
 *   paid       archive the period and reset
 * Every step reads the invoice again, so it makes no difference which webhook came first or twice.
 */
import { condition, sleep } from '@temporalio/workflow';
import type { PeriodState } from '../src/core/billing-state';
import { findPeriod } from '../src/core/billing-state';
import type { Difference, InvoiceSnapshot } from '../src/core/invoice';
import {
  describeDifferences,
  differences,
  isRenewal,
  noteInvoice,
  periodBilledBy,
} from '../src/core/invoice';
import { isFlushed } from '../src/core/reporting';
import { dueThresholds } from '../src/core/thresholds';
import type { Account } from './account';
import { closeException, openException, project, update } from './account';
import { readSubscription } from './follow-stripe';
import { ledger, stripe } from './proxies';

/** Stripe's sums lag a little: so often is compared before an operator is told. */
const COMPARISONS_BEFORE_HOLD = 6;

/** How long one round waits for reports that are under way. */
const FLUSH_PATIENCE = '1 minute';

export async function followInvoice(account: Account, invoiceId: string): Promise<void> {
  const { customer } = account.state;
  const invoice = await stripe.readInvoice.executeWithOptions({ summary: invoiceId }, [
    { customer, invoiceId },
  ]);
  if (!isRenewal(account.state, invoice)) return;
  // A renewal means that a further period has begun: know it before this one is closed.
  if (isLatestKnown(account, invoice)) await readSubscription(account);
  const period = periodBilledBy(account.state, invoice);
  // Already archived, or from before we kept this customer: nothing of ours is billed by it.
  if (!period) return;
  switch (invoice.status) {
    case 'draft':
      return closePeriod(account, period, invoice);
    case 'paid':
      return archivePeriod(account, period, invoice);
    default:
      return finalizePeriod(account, period, invoice);
  }
}

function isLatestKnown({ state }: Account, invoice: InvoiceSnapshot): boolean {
  const billed = periodBilledBy(state, invoice);
  return billed === undefined || billed === state.periods.at(-1);
}

/** Draft: usage may still arrive, and all of it must be on the invoice before Stripe finalizes. */
async function closePeriod(account: Account, period: PeriodState, invoice: InvoiceSnapshot) {
  note(account, period.start, 'closing', invoice);
  // Held by us in an earlier run; what others hold is theirs to release.
  let isHeld = !invoice.autoAdvance && account.state.exception !== null;
  for (let comparison = 1; ; comparison += 1) {
    await drain(account);
    // A flush that takes longer is a difference like any other: no invoice may leave without it.
    await condition(() => isFlushed(account.state, period.start), FLUSH_PATIENCE, {
      summary: 'flushing to Stripe',
    });
    const { found, current } = await compare(account, period.start, invoice.id);
    if (current.status !== 'draft') return followInvoice(account, invoice.id);
    if (found.length === 0) {
      if (isHeld)
        await stripe.releaseInvoice({
          customer: account.state.customer,
          invoiceId: invoice.id,
          decidedAt: Date.now(),
        });
      closeException(account, 'invoice_differs');
      note(account, period.start, 'reconciled', current);
      return project(account);
    }
    if (comparison >= COMPARISONS_BEFORE_HOLD && !isHeld) {
      await stripe.holdInvoice({
        customer: account.state.customer,
        invoiceId: invoice.id,
        decidedAt: Date.now(),
        differences: found,
      });
      isHeld = true;
    }
    if (isHeld) reportDifferences(account, invoice, found);
    await sleep(pause(comparison), { summary: `until comparison ${comparison + 1}` });
  }
}

const pause = (comparison: number): number => Math.min(2 ** (comparison - 1), 300) * 1000;

/** Finalized: what is on the invoice stands; later usage belongs to no open period. */
async function finalizePeriod(account: Account, period: PeriodState, invoice: InvoiceSnapshot) {
  const hasBeenCompared = period.phase === 'finalized';
  note(account, period.start, 'finalized', invoice);
  if (hasBeenCompared) return;
  const { found } = await compare(account, period.start, invoice.id);
  if (found.length > 0) reportDifferences(account, invoice, found);
  await project(account);
}

/** Paid, however late: this period is archived, and no other is touched. */
async function archivePeriod(account: Account, period: PeriodState, invoice: InvoiceSnapshot) {
  await finalizePeriod(account, period, invoice);
  note(account, period.start, 'paid', invoice);
  await project(account);
  // With the period goes what is known of it: first the customer is told.
  await condition(() => {
    const latest = findPeriod(account.state, period.start);
    return !latest || dueThresholds(latest).length === 0;
  });
  update(account, {
    ...account.state,
    periods: account.state.periods.filter(({ start }) => start !== period.start),
  });
  account.isReset = true;
}

/** Everything committed to the ledger so far is counted. */
async function drain(account: Account): Promise<void> {
  const lastSequence = await ledger.drainLedger({ customer: account.state.customer });
  const knownSequence = Math.max(account.state.knownSequence, lastSequence);
  update(account, { ...account.state, knownSequence });
  await condition(
    () => account.state.appliedSequence >= lastSequence || account.state.awaitsPeriod,
  );
}

async function compare(account: Account, periodStart: number, invoiceId: string) {
  const { customer, stripeCustomerId } = account.state;
  const period = findPeriod(account.state, periodStart) as PeriodState;
  const [current, sums, meterTokens] = await Promise.all([
    stripe.readInvoice({ customer, invoiceId }),
    ledger.sumLedger({ customer, start: period.start, end: period.end }),
    stripe.sumMeters({
      customer,
      stripeCustomerId: stripeCustomerId ?? '',
      start: period.start,
      end: period.end,
      rates: period.terms.rates,
    }),
  ]);
  // Usage counted while we read would look like a difference: compare the state of now.
  const latest = findPeriod(account.state, periodStart) as PeriodState;
  return { current, found: differences(latest, sums, meterTokens, current) };
}

function note(
  account: Account,
  periodStart: number,
  phase: PeriodState['phase'],
  invoice: InvoiceSnapshot,
) {
  const period = findPeriod(account.state, periodStart);
  if (period) update(account, noteInvoice(account.state, period, phase, invoice));
}

function reportDifferences(account: Account, invoice: InvoiceSnapshot, found: Difference[]) {
  openException(account, {
    kind: 'invoice_differs',
    message: `Invoice ${invoice.id} differs from the ledger: ${describeDifferences(found)}`,
  });
}
