/** Ledger, workflow, meter and invoice of one period, side by side. */
import { findAnyPeriod } from '../src/core/billing-state';
import type { PeriodState } from '../src/core/billing-state';
import type { Difference, InvoiceSnapshot } from '../src/core/invoice';
import { describeDifferences, differences } from '../src/core/invoice';
import { meteredRates } from '../src/core/reporting';
import type { Account } from './account';
import { openException } from './account';
import { ledger, stripe } from './proxies';

export interface Comparison {
  readonly current: InvoiceSnapshot;
  readonly found: readonly Difference[];
  readonly meterTokens: Readonly<Record<string, number>>;
}

export async function compare(
  account: Account,
  periodStart: number,
  invoiceId: string,
): Promise<Comparison> {
  const { customer, stripeCustomerId } = account.state;
  const period = findAnyPeriod(account.state, periodStart) as PeriodState;
  const { start, end, terms } = period;
  const { allowanceVendors } = terms;
  const [current, sums, meterTokens] = await Promise.all([
    stripe.readInvoice({ customer, invoiceId }),
    ledger.sumLedger({ customer, start, end, ...(allowanceVendors && { allowanceVendors }) }),
    stripe.sumMeters({
      ...{ customer, stripeCustomerId: stripeCustomerId ?? '', start, end },
      rates: meteredRates(period),
    }),
  ]);
  // Usage counted while we read would look like a difference: compare the state of now.
  const latest = findAnyPeriod(account.state, periodStart) as PeriodState;
  return { current, meterTokens, found: differences(latest, sums, meterTokens, current) };
}

export function reportDifferences(
  account: Account,
  invoiceId: string,
  found: readonly Difference[],
): void {
  openException(account, {
    kind: 'invoice_differs',
    subject: invoiceId,
    message: `Invoice ${invoiceId} differs from the ledger: ${describeDifferences(found)}`,
  });
}
