/** Compares ledger, workflow, meter and invoice, and tells whether what differs was accepted. */
import type { Books } from './books';
import { differencesInCents } from './cent-differences';
import type { PeriodState } from '../state/period-state';
import type { InvoiceSnapshot } from '../invoices/invoice-snapshot';
import { lateTokens } from '../counting/late-tokens';
import { overageTokens } from '../counting/allowance';
import type { LedgerSums, Difference } from './difference-row';

/**
 * Ledger = workflow = meter = invoice, or the differences, in tokens and in cents. The ledger has
 * no opinion on how overage splits over rates (that is decided by order), so it is compared by its
 * sums, and each rate is compared between workflow, meter and invoice.
 */
export function differences(
  period: PeriodState,
  ledger: LedgerSums,
  meterTokens: Readonly<Record<string, number>>,
  invoice: InvoiceSnapshot,
  books: Books,
): Difference[] {
  const rates = new Set([...Object.keys(period.rates), ...Object.keys(meterTokens)]);
  const perRate = [...rates].sort().map((rateId) => {
    const workflow = period.rates[rateId]?.tokens ?? 0;
    return {
      what: rateId,
      ledger: workflow,
      workflow,
      meter: meterTokens[rateId] ?? 0,
      invoice: invoicedTokens(period, invoice, rateId),
    };
  });
  const used = period.usedTokens;
  const billable = Object.values(period.rates).reduce((sum, rate) => sum + rate.tokens, 0);
  const totals = [
    { what: 'used tokens', ledger: ledger.usedTokens, workflow: used, meter: null, invoice: null },
    {
      what: 'billable tokens',
      ledger: billableTokens(period, ledger),
      workflow: billable + lateTokens(period) + period.unpricedTokens,
      meter: null,
      invoice: null,
    },
  ];
  const inTokens = [...totals, ...perRate].filter((row) => {
    const others = [row.workflow, row.meter, row.invoice].filter((value) => value !== null);
    return others.some((value) => value !== row.ledger);
  });
  return [...inTokens, ...differencesInCents(period, invoice, books, rates)];
}

function billableTokens(period: PeriodState, { usedTokens, vendorTokens }: LedgerSums): number {
  return period.terms.isTrial ? 0 : overageTokens({ ...period, usedTokens }) + vendorTokens;
}

/** Tokens that the invoice bills at this rate for this period. */
export const invoicedTokens = (
  period: PeriodState,
  invoice: InvoiceSnapshot,
  rateId: string,
): number =>
  invoice.lines
    .filter((line) => line.rateId === rateId && line.end === period.end)
    .reduce((sum, line) => sum + line.quantity, 0);

/**
 * Tells whether it is as it was compared, as far as our counts tell, which all the others equalled.
 */
export function isAsCounted(period: PeriodState, invoice: InvoiceSnapshot, books: Books): boolean {
  const rates = new Set(Object.keys(period.rates));
  return (
    [...rates].every(
      (rateId) => invoicedTokens(period, invoice, rateId) === period.rates[rateId]?.tokens,
    ) && differencesInCents(period, invoice, books, rates).length === 0
  );
}

/** They agree, or an operator has accepted these very differences. */
export const isAgreed = (period: PeriodState, rows: readonly Difference[]): boolean =>
  rows.length === 0 || [period.settlement, period.settledAtEnd].includes(describeDifferences(rows));

/** A sentence for an operator. */
export const describeDifferences = (rows: readonly Difference[]): string =>
  rows
    .map(
      ({ what, ledger, workflow, meter, invoice }) =>
        `${what}: ledger ${ledger}, workflow ${workflow}` +
        (meter === null ? '' : `, meter ${meter}`) +
        (invoice === null ? '' : `, invoice ${invoice}`),
    )
    .join('; ');
