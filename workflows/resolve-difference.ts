/** Carries out what an operator decides about an invoice that differs from the ledger. */
import { booksOf } from '../src/core/proof/books';
import { correctFinal } from '../src/core/invoices/correction';
import { isAcceptance, withoutDecision } from '../src/core/state/exceptions';
import { alignReported, settlementValueCents } from '../src/core/invoices/settlement';
import type { Run } from './run';
import { closeException, become } from './run';
import { compare } from './compare-invoice';
import type { Comparison } from './compare-invoice';
import { ledger } from './proxies';
import type { PeriodState } from '../src/core/state/period-state';
import { findAnyPeriod, withPeriod, acceptsUsage } from '../src/core/state/periods';
import { describeDifferences, isAgreed } from '../src/core/proof/differences';
import type { Resolved } from '../src/core/state/remembered';

export async function resolveDifference(
  run: Run,
  exception: Resolved,
  { start }: PeriodState,
): Promise<void> {
  const { customer } = run.state;
  const { subject: invoiceId, resolution } = exception;
  const { found, foundAtEnd, meterTokens, current } = await compare(run, start, invoiceId);
  const period = findAnyPeriod(run.state, start);
  if (!period) return;
  await ledger.recordResolution({
    ...{ customer, exception, differences: found },
    valueCents:
      resolution.kind === 'retry' ? '0' : settlementValueCents(period, current, booksOf(run.state)),
  });
  // A draft's close looks again as well, and knows best whether it is let go.
  if (resolution.kind === 'retry')
    return isAgreed(period, found) && period.phase !== 'closing'
      ? closeException(run, 'invoice_differs', invoiceId)
      : become(run, withoutDecision(run.state, exception));
  if (isAcceptance(resolution.kind)) accept(run, period, { found, foundAtEnd });
  // A draft follows the meter: what it lacks, or has too much of, is the next report.
  else if (acceptsUsage(period)) become(run, alignReported(run.state, start, meterTokens));
  else become(run, correctFinal(run.state, start, current, booksOf(run.state)));
  closeException(run, 'invoice_differs', invoiceId);
}

type Accepted = Pick<Comparison, 'found' | 'foundAtEnd'>;

/**
 * The operator accepts these very differences; others are an exception again. The draft is then
 * released.
 */
function accept(run: Run, period: PeriodState, { found, foundAtEnd }: Accepted): void {
  const settlement = describeDifferences(found);
  const settledAtEnd = describeDifferences(foundAtEnd);
  const isOther = settledAtEnd !== settlement;
  const settled = { settlement, settledAtEnd: isOther ? settledAtEnd : undefined };
  become(run, withPeriod(run.state, { ...period, ...settled }));
}
