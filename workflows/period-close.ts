/**
 * The end of a period, as an operator would do it by hand, for each draft by itself:
 *   drain    everything committed to the ledger is counted
 *   late     late usage of earlier periods becomes lines of this invoice
 *   flush    everything billable is reported to Stripe
 *   compare  ledger = workflow = meter = invoice: only then is the draft let go
 * It has been held from the first moment (workflows/hold-drafts.ts). A period that takes usage
 * again after it was reconciled is closed again.
 */
import { findException } from '../src/core/state/exceptions';
import { mustHoldBy, noteInvoice } from '../src/core/invoices/invoice';
import { isGone } from '../src/core/invoices/invoice-gone';
import { followDraft, holdToLift, isFresh, isSameCount } from '../src/core/invoices/invoice-hold';
import {
  beginLateItems,
  dueLateItems,
  noteLateItem,
  settleLate,
} from '../src/core/invoices/late-items';
import { isFlushed } from '../src/core/counting/reporting';
import type { Run } from './run';
import { closeException, project, become } from './run';
import { attempt, closeErrand } from './attempt';
import { compare, isRight, reportDifferences } from './compare-invoice';
import { followInvoice } from './follow-invoice';
import { untilHeld } from './hold-drafts';
import { noteAdvance } from './let-go-draft';
import { FLUSH_PATIENCE, closes, holds } from './proxies';
import { sideBySide } from './side-by-side';
import { until, untilOrEnd } from './until';
import { drain } from './drain';
import type { PeriodState } from '../src/core/state/period-state';
import { findPeriod, withPeriod } from '../src/core/state/periods';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { isAgreed } from '../src/core/proof/differences';
import type { Difference } from '../src/core/proof/difference-row';

/** Stripe's sums lag a little: so often it is compared before an operator is told. */
const COMPARISONS_BEFORE_TELLING = 6;

export const closePeriods = (run: Run): Promise<void> =>
  sideBySide(
    run,
    () => closingPeriods(run.state).map(({ start }) => start),
    (start) => closePeriod(run, start),
  );

/** The draft of a customer who is gone stays what it is. */
const closingPeriods = ({ isCustomerGone, periods }: Run['state']): PeriodState[] =>
  isCustomerGone ? [] : periods.filter(isClosing);

const isClosing = ({ phase, invoice }: PeriodState): boolean =>
  phase === 'closing' && !(invoice && isGone(invoice));

async function closePeriod(run: Run, start: number): Promise<void> {
  const invoiceId = draftOf(run, start)?.invoice.id ?? '';
  const errand = { subject: `closing:${invoiceId}`, what: `Closing draft ${invoiceId} failed` };
  for (let comparison = 1; ;) {
    const period = draftOf(run, start);
    if (run.isClosing) return;
    if (!period) return closeErrand(run, errand);
    const news = run.news.get(invoiceId);
    const isGone = () => !draftOf(run, start);
    const isDone = await attempt(run, errand, () => closeOnce(run, period, comparison), isGone);
    const isDecided = () => findDecision(run, period) !== undefined;
    const isNew = () => isDecided() || run.news.get(invoiceId) !== news;
    const patience = pause(run, comparison, isDone);
    const isWoken = await until(run, () => isGone() || isNew(), patience, {
      summary: `until comparison ${comparison + 1}`,
    });
    // Whoever decides acts on the draft as well: they take turns.
    await until(run, () => !isDecided());
    comparison = isWoken && !run.isLegacy ? 1 : comparison + 1;
  }
}

type DraftedPeriod = PeriodState & { readonly invoice: NonNullable<PeriodState['invoice']> };

function draftOf({ state }: Run, start: number): DraftedPeriod | undefined {
  const period = closingPeriods(state).find((one) => one.start === start);
  return period?.invoice ? (period as DraftedPeriod) : undefined;
}

const findDecision = ({ state }: Run, { invoice }: DraftedPeriod) =>
  findException(state, { kind: 'invoice_differs', subject: invoice.id })?.resolution;

/** Twelve looks pass until an hour is over, and then one an hour. */
const LOOKS_OF_A_DAY = 36;

/** Answers milliseconds. What was refused has been waited for; what differs waits for somebody. */
function pause({ isLegacy }: Run, comparison: number, isDone: boolean): number {
  if (isLegacy) return Math.min(2 ** (comparison - 1), 300) * 1000;
  if (!isDone) return 1;
  const hours = comparison > LOOKS_OF_A_DAY ? 24 : 1;
  return Math.min(2 ** (comparison - 1), hours * 3_600) * 1000;
}

async function closeOnce(
  run: Run,
  { start, invoice }: DraftedPeriod,
  comparison: number,
): Promise<void> {
  await drain(run);
  await invoiceLateUsage(run, start, invoice.id);
  // A flush that takes longer is a difference like any other: no invoice may leave without it.
  await untilOrEnd(run, () => isFlushed(run.state, start), FLUSH_PATIENCE, {
    summary: 'flushing to Stripe',
  });
  if (!run.isLegacy) await untilHeld(run, start);
  const compared = await compare(run, start, invoice.id, lastReading(run, invoice.id));
  const { found, current } = compared;
  if (current.status !== 'draft') return followInvoice(run, invoice.id);
  const latestPeriod = findPeriod(run.state, start);
  if (latestPeriod?.phase !== 'closing') return;
  if (!run.isLegacy) become(run, followDraft(run.state, latestPeriod, current));
  const period = findPeriod(run.state, start) ?? latestPeriod;
  const isElseReady = isFlushed(run.state, start) && isAllOn(run, period);
  if (isAgreed(period, found) && isElseReady) return reconcile(run, period, current, found);
  if (run.isLegacy) return holdLate(run, start, { current, found, comparison });
  if (comparison < COMPARISONS_BEFORE_TELLING || found.length === 0) return;
  if (isRight(period, compared) && isElseReady) return untilCounted(run, period, current);
  reportDifferences(run, invoice.id, found);
}

/** A reading serves once, while it is fresh, and nobody has told of anything since. */
function lastReading(run: Run, invoiceId: string): InvoiceSnapshot | undefined {
  const reading = run.drafts.get(invoiceId);
  run.drafts.delete(invoiceId);
  if (run.isLegacy || !reading || !isFresh(reading.at, Date.now())) return undefined;
  const isTold = run.state.stripeEvents.some(({ objectId }) => objectId === invoiceId);
  return isTold ? undefined : reading.invoice;
}

/**
 * All agree but the draft's own figure, which Stripe brings up to date when it finalizes. We
 * finalize it when its time has come, and it is collected once that has been compared, too.
 */
async function untilCounted(run: Run, period: PeriodState, current: InvoiceSnapshot) {
  const { customer } = run.state;
  closeException(run, 'invoice_differs', current.id);
  const hold = holdToLift(period, current);
  // Somebody else keeps the draft: that is for them, and for whom it is told to.
  if (!hold) return reconcile(run, period, current, []);
  const held = { ...period.held, ...hold, isCountedAtEnd: true as const };
  become(run, withPeriod(run.state, { ...period, held }));
  const countedAt = hold.finalizesAt ?? Math.floor(Date.now() / 1000);
  await holds.finalizeInvoice({ customer, invoiceId: current.id, countedAt });
  await followInvoice(run, current.id);
}

/** What Stripe charges and was not sold would be on the next invoice, if not on this. */
const arePricesAgreed = ({ state }: Run): boolean => (state.priceDifferences ?? []).length === 0;

/** No line of the period's own is left either, of a vendor without an item. */
const isAllOn = (run: Run, { start, invoice }: PeriodState): boolean =>
  arePricesAgreed(run) &&
  !dueLateItems(run.state, invoice?.id ?? '').some((item) => item.periodStart === start);

/** Puts lines that name the original period onto this draft. */
async function invoiceLateUsage(run: Run, start: number, invoiceId: string) {
  const items = dueLateItems(run.state, invoiceId);
  // Another draft that closes at the same time must not get the same lines.
  become(run, beginLateItems(run.state, items, invoiceId));
  // They are not on the draft as it was read.
  if (items.length > 0) run.drafts.delete(invoiceId);
  for (const item of items) {
    const { customer, stripeCustomerId } = run.state;
    const isOn = await closes.addLateItem.executeWithOptions({ summary: item.key }, [
      { customer, stripeCustomerId: stripeCustomerId ?? '', invoiceId, item },
    ]);
    if (!isOn) return;
    become(run, noteLateItem(settleLate(run.state, item), start, item));
  }
}

async function reconcile(
  run: Run,
  period: PeriodState,
  current: InvoiceSnapshot,
  rows: readonly Difference[],
): Promise<void> {
  const hold = run.isLegacy ? period.held : holdToLift(period, current);
  const reason = rows.length === 0 ? 'equal to the ledger' : 'accepted by an operator';
  if (hold) await release(run, period, current.id, hold.finalizesAt, reason);
  closeException(run, 'invoice_differs', current.id);
  const latest = findPeriod(run.state, period.start);
  if (latest?.phase !== 'closing') return;
  // What was counted while it was let go makes it be held, and compared, once more.
  if (!run.isLegacy && hold && !isSameCount(period, latest)) return;
  const leavesAt = hold?.finalizesAt ?? current.finalizesAt ?? undefined;
  become(run, noteInvoice(run.state, { ...latest, leavesAt }, 'reconciled', current));
  if (!hold) noteAdvance(run, latest.start, current);
  await project(run);
}

async function release(
  run: Run,
  { start }: PeriodState,
  invoiceId: string,
  finalizesAt: number | null,
  reason: string,
): Promise<void> {
  const { customer } = run.state;
  await holds.releaseInvoice({ customer, invoiceId, decidedAt: Date.now(), finalizesAt, reason });
  const period = findPeriod(run.state, start);
  if (!period) return;
  become(run, withPeriod(run.state, { ...period, held: undefined }));
}

interface Compared {
  readonly current: InvoiceSnapshot;
  readonly found: readonly Difference[];
  readonly comparison: number;
}

/** Release 0.1.0 holds a draft once it has differed for long enough. */
async function holdLate(
  run: Run,
  start: number,
  { current, found, comparison }: Compared,
): Promise<void> {
  const { customer } = run.state;
  const invoiceId = current.id;
  const isHeld = () => findPeriod(run.state, start)?.held !== undefined;
  const isDue = comparison >= COMPARISONS_BEFORE_TELLING || Date.now() >= mustHoldBy(current);
  // What others keep from being finalized is theirs to release.
  if (isDue && !isHeld() && current.autoAdvance) {
    await holds.holdInvoice({ customer, invoiceId, decidedAt: Date.now(), differences: found });
    const period = findPeriod(run.state, start);
    const held = { finalizesAt: current.finalizesAt };
    if (period) become(run, withPeriod(run.state, { ...period, held }));
  }
  if (isHeld()) reportDifferences(run, invoiceId, found);
}
