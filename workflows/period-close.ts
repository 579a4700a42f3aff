/**
 * The end of a period, as an operator would do it by hand, for each draft by itself:
 *   drain    everything committed to the ledger is counted
 *   late     late usage of earlier periods becomes lines of this invoice
 *   flush    everything billable is reported to Stripe
 *   compare  ledger = workflow = meter = invoice; while they differ Stripe is kept from finalizing
 * A period that takes usage again after it was reconciled is closed again.
 */
import { condition } from '@temporalio/workflow';
import type { PeriodState } from '../src/core/billing-state';
import { findPeriod, withPeriod } from '../src/core/billing-state';
import { findException } from '../src/core/exceptions';
import type { Difference, InvoiceSnapshot } from '../src/core/invoice';
import { isSettled, mustHoldBy, noteInvoice } from '../src/core/invoice';
import { beginLateItems, dueLateItems, noteLateItem, settleLate } from '../src/core/late-usage';
import { isFlushed } from '../src/core/reporting';
import type { Account } from './account';
import { closeException, project, step, update } from './account';
import { compare, reportDifferences } from './compare-invoice';
import { followInvoice } from './follow-invoice';
import { FLUSH_PATIENCE, ledger, stripe } from './proxies';
import { sideBySide } from './side-by-side';

/** Stripe's sums lag a little: so often is compared before an operator is told. */
const COMPARISONS_BEFORE_HOLD = 6;

export const closePeriods = (account: Account): Promise<void> =>
  sideBySide(
    account,
    () => account.state.periods.filter(isClosingPeriod).map(({ start }) => start),
    (start) => closePeriod(account, start),
  );

const isClosingPeriod = ({ phase }: PeriodState): boolean => phase === 'closing';

async function closePeriod(account: Account, start: number): Promise<void> {
  for (let comparison = 1; ; comparison += 1) {
    const period = draftOf(account, start);
    if (!period || account.isClosing) return;
    await step(account, () => closeOnce(account, period, comparison));
    const isDecided = () => findDecision(account, period) !== undefined;
    await condition(
      () => account.isClosing || !draftOf(account, start) || isDecided(),
      pause(comparison),
      { summary: `until comparison ${comparison + 1}` },
    );
    // Who decides acts on the draft as well: one at a time.
    await condition(() => account.isClosing || !isDecided());
  }
}

type DraftedPeriod = PeriodState & { readonly invoice: NonNullable<PeriodState['invoice']> };

function draftOf({ state }: Account, start: number): DraftedPeriod | undefined {
  const period = findPeriod(state, start);
  return period?.phase === 'closing' && period.invoice ? (period as DraftedPeriod) : undefined;
}

const findDecision = ({ state }: Account, { invoice }: DraftedPeriod) =>
  findException(state, { kind: 'invoice_differs', subject: invoice.id })?.resolution;

const pause = (comparison: number): number => Math.min(2 ** (comparison - 1), 300) * 1000;

async function closeOnce(
  account: Account,
  { start, invoice }: DraftedPeriod,
  comparison: number,
): Promise<void> {
  await drain(account);
  await invoiceLateUsage(account, start, invoice.id);
  // A flush that takes longer is a difference like any other: no invoice may leave without it.
  await condition(() => isFlushed(account.state, start), FLUSH_PATIENCE, {
    summary: 'flushing to Stripe',
  });
  const { found, current } = await compare(account, start, invoice.id);
  if (current.status !== 'draft') return followInvoice(account, invoice.id);
  const period = findPeriod(account.state, start);
  if (!period || period.phase !== 'closing') return;
  if (isSettled(period, found) && isFlushed(account.state, start))
    return reconcile(account, period, current, found);
  const isDue = comparison >= COMPARISONS_BEFORE_HOLD || Date.now() >= mustHoldBy(current);
  if (isDue) await hold(account, start, current, found);
  if (findPeriod(account.state, start)?.held) reportDifferences(account, invoice.id, found);
}

/** Everything committed to the ledger so far is counted. */
export async function drain(account: Account): Promise<void> {
  const lastSequence = await ledger.drainLedger({ customer: account.state.customer });
  const knownSequence = Math.max(account.state.knownSequence, lastSequence);
  update(account, { ...account.state, knownSequence });
  await condition(
    () => account.state.appliedSequence >= lastSequence || account.state.awaitsPeriod,
  );
  await condition(() => account.state.recount === null);
}

/** Lines that name the original period, on this draft. */
async function invoiceLateUsage(account: Account, start: number, invoiceId: string) {
  const items = dueLateItems(account.state, invoiceId);
  // Another draft that closes at the same time must not get the same lines.
  update(account, beginLateItems(account.state, items, invoiceId));
  for (const item of items) {
    const { customer, stripeCustomerId } = account.state;
    const isOn = await stripe.addLateItem.executeWithOptions({ summary: item.key }, [
      {
        customer,
        stripeCustomerId: stripeCustomerId ?? '',
        invoiceId,
        item,
        decidedAt: Date.now(),
      },
    ]);
    if (!isOn) return;
    update(account, noteLateItem(settleLate(account.state, item), start, item));
  }
}

async function reconcile(
  account: Account,
  period: PeriodState,
  current: InvoiceSnapshot,
  found: readonly Difference[],
): Promise<void> {
  if (period.held) {
    const reason = found.length === 0 ? 'equal to the ledger' : 'accepted by an operator';
    await release(account, period, current.id, reason);
  }
  closeException(account, 'invoice_differs', current.id);
  const latest = findPeriod(account.state, period.start);
  if (latest?.phase !== 'closing') return;
  update(account, noteInvoice(account.state, latest, 'reconciled', current));
  await project(account);
}

async function hold(
  account: Account,
  start: number,
  current: InvoiceSnapshot,
  differences: readonly Difference[],
): Promise<void> {
  // What others keep from being finalized is theirs to release.
  if (findPeriod(account.state, start)?.held || !current.autoAdvance) return;
  const { customer } = account.state;
  const invoiceId = current.id;
  await stripe.holdInvoice({ customer, invoiceId, decidedAt: Date.now(), differences });
  const period = findPeriod(account.state, start);
  if (!period) return;
  update(
    account,
    withPeriod(account.state, { ...period, held: { finalizesAt: current.finalizesAt } }),
  );
}

async function release(
  account: Account,
  { start, held }: PeriodState,
  invoiceId: string,
  reason: string,
): Promise<void> {
  const { customer } = account.state;
  const finalizesAt = held?.finalizesAt ?? null;
  await stripe.releaseInvoice({ customer, invoiceId, decidedAt: Date.now(), finalizesAt, reason });
  const period = findPeriod(account.state, start);
  if (!period) return;
  update(account, withPeriod(account.state, { ...period, held: undefined }));
}
