/**
 * Every draft whose close is not through is kept from being finalized, from the first moment and
 * beside whatever step the close is at: what hangs or is tried again for ever can't let it leave.
 */
import { backoffMs } from '../src/core/backoff';
import {
  asHeld,
  beginHold,
  draftsToHold,
  isClosingDraft,
  noteHold,
} from '../src/core/invoices/invoice-hold';
import type { Run } from './run';
import { become } from './run';
import { attempt, isRefused } from './attempt';
import type { Errand } from './attempt';
import { REFUSED_RETRY_MS, holds } from './proxies';
import { sideBySide } from './side-by-side';
import { until } from './until';
import { findPeriod } from '../src/core/state/periods';

/** Runs of release 0.1.0 hold what differs, after comparing. */
export const holdDrafts = async (run: Run): Promise<void> => {
  if (run.isLegacy) return;
  await sideBySide(
    run,
    () => draftsToHold(run.state),
    (start) => holdDraft(run, start),
  );
};

async function holdDraft(run: Run, start: number): Promise<void> {
  const period = findPeriod(run.state, start);
  if (!period?.invoice) return;
  const invoiceId = period.invoice.id;
  become(run, beginHold(run.state, period, Date.now()));
  // If the run ends before it is held, the next one finds what was wanted, and does it.
  const errand = holding(invoiceId);
  const isOver = () => {
    const latest = findPeriod(run.state, start);
    return latest === undefined || !isClosingDraft(latest);
  };
  const hold = () => holdAtStripe(run, start, invoiceId);
  for (let failures = 1; ; failures += 1) {
    const isDone = await attempt(run, errand, hold, isOver, backoffMs(RETRY, failures));
    if (isDone || isOver() || run.isClosing) return;
  }
}

/** Stripe's hour runs, and of a draft that is held again minutes are left. */
const RETRY = { minMs: 15_000, maxMs: REFUSED_RETRY_MS };

const holding = (invoiceId: string): Errand => ({
  subject: `hold:${invoiceId}`,
  what: `Holding invoice ${invoiceId} until it is compared was refused`,
});

async function holdAtStripe(run: Run, start: number, invoiceId: string): Promise<void> {
  const { customer } = run.state;
  const decidedAt = findPeriod(run.state, start)?.held?.at ?? Date.now();
  const reading = run.drafts.get(invoiceId);
  const advancing = reading?.invoice.autoAdvance && {
    seen: { finalizesAt: reading.invoice.finalizesAt, at: reading.at },
  };
  const hold = await holds.holdInvoice.executeWithOptions({ summary: invoiceId }, [
    { customer, invoiceId, decidedAt, differences: [], ...advancing },
  ]);
  if (reading && hold && run.drafts.get(invoiceId) === reading)
    run.drafts.set(invoiceId, { ...reading, invoice: asHeld(reading.invoice, hold) });
  else run.drafts.delete(invoiceId);
  const period = findPeriod(run.state, start);
  if (period?.invoice?.id === invoiceId) become(run, noteHold(run.state, period, hold));
}

/** The draft is held, or does not advance, or can't be held now: it may be compared. */
export const untilHeld = (run: Run, start: number): Promise<boolean> =>
  until(run, () => {
    const period = findPeriod(run.state, start);
    if (!period?.invoice || !isClosingDraft(period)) return true;
    if (isRefused(run, holding(period.invoice.id))) return true;
    return period.held !== undefined && !period.held.isUnderWay;
  });
