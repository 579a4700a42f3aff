/** Which period an invoice bills, and whether it says what the ledger says. */
import type { BillingState, PeriodPhase, PeriodState } from './billing-state';
import { withPeriod } from './billing-state';
import { overageTokens } from './rating';

/** An invoice as read from Stripe. */
export interface InvoiceSnapshot {
  readonly id: string;
  readonly subscriptionId: string | null;
  readonly status: string;
  readonly billingReason: string | null;
  readonly totalCents: number;
  readonly autoAdvance: boolean;
  readonly lines: readonly InvoiceLine[];
}

export interface InvoiceLine {
  /** Our rate, for a metered line; null for everything else. */
  readonly rateId: string | null;
  /** The price is paid in advance for a service period (the plan's base price). */
  readonly isBase: boolean;
  readonly quantity: number;
  readonly amountCents: number;
  /** Service period. */
  readonly start: number;
  readonly end: number;
}

/**
 * The period whose usage the invoice bills. Only a renewal bills one: first invoices, prorations
 * and manual invoices bill none, so nothing is ever reset by them. Metered lines carry the ended
 * period; an invoice with base lines only carries the next one, which starts where ours ended.
 */
export function periodBilledBy(
  state: BillingState,
  invoice: InvoiceSnapshot,
): PeriodState | undefined {
  if (!isRenewal(state, invoice)) return undefined;
  const ends = invoice.lines.map((line) =>
    line.rateId !== null ? line.end : line.isBase ? line.start : undefined,
  );
  const end = ends.find((candidate) => candidate !== undefined);
  return state.periods.find((period) => period.end === end);
}

export const isRenewal = (state: BillingState, invoice: InvoiceSnapshot): boolean =>
  invoice.billingReason === 'subscription_cycle' && invoice.subscriptionId === state.subscriptionId;

/** Edges of service periods on an invoice's lines. */
export const serviceEdges = (lines: readonly InvoiceLine[]): number[] =>
  lines
    .filter((line) => line.rateId !== null || line.isBase)
    .flatMap((line) => [line.start, line.end]);

export function noteInvoice(
  state: BillingState,
  period: PeriodState,
  phase: PeriodPhase,
  invoice: InvoiceSnapshot,
): BillingState {
  const { id, status, totalCents } = invoice;
  return withPeriod(state, { ...period, phase, invoice: { id, status, totalCents } });
}

/** Tokens of the period straight from the ledger's usage events, summed without any batch. */
export interface LedgerSums {
  readonly usedTokens: number;
  /** By vendor; usage sold by vendors is not in usedTokens. */
  readonly vendorTokens: number;
}

/** One number that should be the same everywhere and is not. */
export interface Difference {
  readonly what: string;
  readonly ledger: number;
  readonly workflow: number;
  readonly meter: number | null;
  readonly invoice: number | null;
}

/**
 * Ledger = workflow = meter = invoice, or the differences. The ledger has no opinion on how overage
 * splits over rates (that is decided by order), so it is compared by its sums, and each rate is
 * compared between workflow, meter and invoice.
 */
export function differences(
  period: PeriodState,
  ledger: LedgerSums,
  meterTokens: Readonly<Record<string, number>>,
  invoice: InvoiceSnapshot,
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
      ledger: overageTokens({ ...period, usedTokens: ledger.usedTokens }) + ledger.vendorTokens,
      workflow: billable + period.unpricedTokens,
      meter: null,
      invoice: null,
    },
  ];
  return [...totals, ...perRate].filter((row) => {
    const others = [row.workflow, row.meter, row.invoice].filter((value) => value !== null);
    return others.some((value) => value !== row.ledger);
  });
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

/** A sentence for an operator. */
export const describeDifferences = (found: readonly Difference[]): string =>
  found
    .map(
      ({ what, ledger, workflow, meter, invoice }) =>
        `${what}: ledger ${ledger}, workflow ${workflow}` +
        (meter === null ? '' : `, meter ${meter}`) +
        (invoice === null ? '' : `, invoice ${invoice}`),
    )
    .join('; ');
