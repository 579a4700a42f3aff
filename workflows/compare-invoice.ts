/** Ledger, workflow, meter and invoice of one period, side by side. */
import { booksOf } from '../src/core/proof/books';
import { asCountedAtEnd } from '../src/core/invoices/counted-at-end';
import { acknowledgedTokens, meteredRates } from '../src/core/counting/reporting';
import type { MeteredRate } from '../src/core/counting/reporting';
import { ratesToAsk } from '../src/core/proof/meters-to-ask';
import type { Run } from './run';
import { openException } from './run';
import { closes, ledger } from './proxies';
import type { PeriodState } from '../src/core/state/period-state';
import { findAnyPeriod } from '../src/core/state/periods';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { describeDifferences, differences, isAgreed } from '../src/core/proof/differences';
import type { Difference, LedgerSums } from '../src/core/proof/difference-row';

export interface Comparison {
  readonly current: InvoiceSnapshot;
  readonly found: readonly Difference[];
  /**
   * They are those of a draft once Stripe has counted its usage, which it does as it finalizes it.
   */
  readonly foundAtEnd: readonly Difference[];
  readonly meterTokens: Readonly<Record<string, number>>;
}

/**
 * A reading of the invoice from just before is believed where it is final, or equals all the rest;
 * else it is read anew.
 */
export async function compare(
  run: Run,
  periodStart: number,
  invoiceId: string,
  reading?: InvoiceSnapshot,
): Promise<Comparison> {
  if (run.isLegacy) return compareAtOnce(run, periodStart, invoiceId);
  const { customer } = run.state;
  const current = reading ?? (await closes.readInvoice({ customer, invoiceId }));
  const period = findAnyPeriod(run.state, periodStart) as PeriodState;
  const [sums, meterTokens] = await Promise.all([
    sumLedger(run, period),
    sumMeters(run, period, ratesToAsk(run.state, period, current)),
  ]);
  const comparison = comparisonOf(run, periodStart, { current, sums, meterTokens });
  const isToRead = reading?.status === 'draft' && comparison.found.length > 0;
  return isToRead ? compare(run, periodStart, invoiceId) : comparison;
}

/** Release 0.1.0 asked for all of it at once, and each meter. */
async function compareAtOnce(run: Run, periodStart: number, invoiceId: string) {
  const period = findAnyPeriod(run.state, periodStart) as PeriodState;
  const [current, sums, meterTokens] = await Promise.all([
    closes.readInvoice({ customer: run.state.customer, invoiceId }),
    sumLedger(run, period),
    sumMeters(run, period, meteredRates(period)),
  ]);
  return comparisonOf(run, periodStart, { current, sums, meterTokens });
}

function sumLedger({ state: { customer } }: Run, { start, end, terms }: PeriodState) {
  const { allowanceVendors } = terms;
  return ledger.sumLedger({ customer, start, end, ...(allowanceVendors && { allowanceVendors }) });
}

type MeterTokens = Comparison['meterTokens'];

async function sumMeters(
  { state, isLegacy }: Run,
  period: PeriodState,
  rates: readonly MeteredRate[],
): Promise<MeterTokens> {
  const { customer, stripeCustomerId, isCustomerGone } = state;
  // Stripe shows no meters of a customer who is gone.
  if (isCustomerGone) return acknowledgedTokens(period);
  if (rates.length === 0 && !isLegacy) return {};
  const { start, end } = period;
  return closes.sumMeters({
    ...{ customer, stripeCustomerId: stripeCustomerId ?? '', start, end, rates },
  });
}

interface Asked {
  readonly current: InvoiceSnapshot;
  readonly sums: LedgerSums;
  readonly meterTokens: MeterTokens;
}

function comparisonOf(run: Run, start: number, { current, sums, meterTokens }: Asked): Comparison {
  // Usage counted while we read would look like a difference: compare the state of now.
  const latest = findAnyPeriod(run.state, start) as PeriodState;
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
