/**
 * A draft that stays one is not forgotten. Whatever its close is at, an operator is told when its
 * time is almost there; and one that was let go is looked at again until it has left.
 */
import type { Duration } from '@temporalio/common';
import { queueHint } from '../src/core/state/hints';
import { TOLD_AFTER_MS, untilNextLook } from '../src/core/invoices/invoice-hold';
import type { Run } from './run';
import { isExceptionOpen, openException, become } from './run';
import { sideBySide } from './side-by-side';
import { until } from './until';
import type { PeriodState } from '../src/core/state/period-state';
import { findPeriod } from '../src/core/state/periods';

const NEXT_LOOK = '1 day';

/** Runs of release 0.1.0 have no such timers. */
export const watchDrafts = async (run: Run): Promise<void> => {
  if (run.isLegacy) return;
  await sideBySide(
    run,
    () => watchedDrafts(run.state).map(({ start, phase }) => `${start} ${phase}`),
    (key) => watch(run, Number(key.split(' ')[0])),
  );
};

/** No draft of a customer who is gone is watched: another exception tells, and it stays. */
const watchedDrafts = ({ isCustomerGone, periods }: Run['state']): PeriodState[] =>
  isCustomerGone ? [] : periods.filter(isDraft);

const isDraft = ({ phase, invoice }: PeriodState): boolean =>
  (phase === 'closing' || phase === 'reconciled') && invoice?.status === 'draft';

async function watch(run: Run, start: number): Promise<void> {
  const period = findPeriod(run.state, start);
  if (!period?.invoice) return;
  const { phase } = period;
  const isOver = () =>
    run.state.isCustomerGone === true || findPeriod(run.state, start)?.phase !== phase;
  if (phase === 'closing') await watchClosing(run, period, isOver);
  else await watchReconciled(run, period, isOver);
}

/** Ledger, sums or reports can't be had: the invoice waits for them, and so it is told. */
async function watchClosing(run: Run, period: PeriodState, isOver: () => boolean) {
  const since = period.held?.at ?? Date.now();
  const patience = Math.max(1, since + TOLD_AFTER_MS - Date.now());
  const subject = period.invoice?.id ?? '';
  const summary = `${subject}: until an operator is told that it is not compared`;
  if (await until(run, isOver, patience, { summary })) return;
  const isRight = findPeriod(run.state, period.start)?.held?.isCountedAtEnd;
  if (!isRight && !isExceptionOpen(run, 'invoice_differs', subject))
    openException(run, {
      ...{ kind: 'invoice_differs', subject },
      message:
        `Invoice ${subject} is not compared with the ledger yet. It is held until it is: what its ` +
        'close waits for is among the pending activities of this workflow.',
    });
  await until(run, isOver);
}

/**
 * What became of it is read again, for the first time shortly before it leaves: news of what
 * somebody changed may be lost. followInvoice compares it, and tells where it does not advance.
 */
async function watchReconciled(run: Run, period: PeriodState, isOver: () => boolean) {
  const invoiceId = period.invoice?.id ?? '';
  const summary = `${invoiceId}: until it is looked at again`;
  let look: Duration = untilNextLook(period, Date.now());
  while (!(await until(run, isOver, look, { summary }))) {
    const created = Math.floor(Date.now() / 1000);
    const id = `watch:${invoiceId}:${created}`;
    become(
      run,
      queueHint(run.state, { id, type: 'invoice.updated', objectId: invoiceId, created }),
    );
    const isPast = created >= (period.leavesAt ?? 0);
    look = isPast ? NEXT_LOOK : untilNextLook(period, Date.now());
  }
}
