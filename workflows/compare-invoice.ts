/** Ledger, workflow, meter and invoice of one period, side by side. */
import { booksOf } from '../src/core/proof/books';
import { asCountedAtEnd } from '../src/core/invoices/counted-at-end';
import { acknowledgedTokens, meteredRates } from '../src/core/counting/reporting';
import type { Run } from './run';
import { openException } from './run';
import { closes, ledger } from './proxies';
import type { PeriodState } from '../src/core/state/period-state';
import { findAnyPeriod } from '../src/core/state/periods';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { describeDifferences, differences, isAgreed } from '../src/core/proof/differences';
import type { Difference } from '../src/core/proof/difference-row';

export interface Comparison {
  readonly current: InvoiceSnapshot;
  readonly found: readonly Difference[];
  /**
   * They are those of a draft once Stripe has counted its usage, which it does as it finalizes it.
   */
  readonly foundAtEnd: readonly Difference[];
  readonly meterTokens: Readonly<Record<string, number>>;
}

export async function compare(
  run: Run,
  periodStart: number,
  invoiceId: string,
): Promise<Comparison> {
  const { customer, stripeCustomerId, isCustomerGone } = run.state;
  const period = findAnyPeriod(run.state, periodStart) as PeriodState;
  const { start, end, terms } = period;
  const { allowanceVendors } = terms;
  const [current, sums, meterTokens] = await Promise.all([
    closes.readInvoice({ customer, invoiceId }),
    ledger.sumLedger({ customer, start, end, ...(allowanceVendors && { allowanceVendors }) }),
    // Stripe shows no meters of a customer who is gone.
    isCustomerGone
      ? acknowledgedTokens(period)
      : closes.sumMeters({
          ...{ customer, stripeCustomerId: stripeCustomerId ?? '', start, end },
          rates: meteredRates(period),
        }),
  ]);
  // Usage counted while we read would look like a difference: compare the state of now.
  const latest = findAnyPeriod(run.state, periodStart) as PeriodState;
  const foundIn = (invoice: InvoiceSnapshot) =>
    differences(latest, sums, meterTokens, invoice, booksOf(run.state));
  const rows = foundIn(current);
  const isAnyway = rows.length === 0;
  const foundAtEnd = isAnyway ? rows : foundIn(asCountedAtEnd(current, latest, meterTokens));
  return { current, meterTokens, found: rows, foundAtEnd };
}

/** It is equal or accepted, as it is or as it will be. */
export const isRight = (period: PeriodState, { found, foundAtEnd }: Comparison): boolean =>
  isAgreed(period, found) || isAgreed(period, foundAtEnd);

export function reportDifferences(run: Run, invoiceId: string, rows: readonly Difference[]): void {
  openException(run, {
    kind: 'invoice_differs',
    subject: invoiceId,
    message: `Invoice ${invoiceId} differs from the ledger: ${describeDifferences(rows)}`,
  });
}
