/** Which period an invoice bills, and whether it says what the ledger says. */
import type { BillingState, PeriodPhase, PeriodState } from './billing-state';
import { withPeriod } from './billing-state';
import { lateTokens } from './late-usage';
import type { LateItem } from './late-usage';
import { overageTokens } from './rating';

/** An invoice as read from Stripe. */
export interface InvoiceSnapshot {
  readonly id: string;
  readonly subscriptionId: string | null;
  readonly status: string;
  readonly billingReason: string | null;
  readonly totalCents: number;
  readonly amountRemainingCents: number;
  readonly autoAdvance: boolean;
  /** When Stripe finalizes the draft by itself; Unix seconds. */
  readonly finalizesAt: number | null;
  /** When it was finalized; Unix seconds. */
  readonly finalizedAt: number | null;
  readonly attemptCount: number;
  /** Of Stripe's own retries; Unix seconds. */
  readonly nextPaymentAttempt: number | null;
  /** Stripe's message, when finalizing failed. */
  readonly finalizationError: string | null;
  /** The customer's time is that of a test clock. */
  readonly isOnTestClock: boolean;
  readonly lines: readonly InvoiceLine[];
  /** Some of it is a vendor's. */
  readonly paysVendors?: boolean;
}

export interface InvoiceLine {
  /** Our rate, for a metered line; null for everything else. */
  readonly rateId: string | null;
  /** The price is paid in advance for a service period (the plan's base price). */
  readonly isBase: boolean;
  /** What a change of plan settles: the plan whose price is charged or credited for the rest. */
  readonly proratedPlan?: string;
  /** Key of a line for late usage that we added. */
  readonly lateItemKey?: string;
  readonly quantity: number;
  readonly amountCents: number;
  /** Service period. */
  readonly start: number;
  readonly end: number;
}

/**
 * The period whose usage the invoice bills. First invoices, prorations and manual invoices bill
 * none, so nothing is ever reset by them. Metered lines carry the ended period, at a renewal or
 * where a change cut the period short; a renewal with base lines only carries the next period,
 * which starts where ours ended.
 */
export function periodBilledBy(
  state: BillingState,
  invoice: InvoiceSnapshot,
): PeriodState | undefined {
  const end = billedEnd(state, invoice);
  return state.periods.find((period) => period.end === end);
}

/** Where the billed period ends, known to us or not; undefined: no period is billed. */
export function billedEnd(state: BillingState, invoice: InvoiceSnapshot): number | undefined {
  if (!isOurs(state, invoice)) return undefined;
  const { billingReason, lines } = invoice;
  const metered = lines.find(({ rateId }) => rateId !== null)?.end;
  if (billingReason === 'subscription_update') return metered;
  if (billingReason !== 'subscription_cycle') return undefined;
  return metered ?? lines.find(({ isBase }) => isBase)?.start;
}

/** Of the subscription that we bill, and not of another one of the same customer. */
export const isOurs = (state: BillingState, { subscriptionId }: InvoiceSnapshot): boolean =>
  subscriptionId !== null && subscriptionId === state.subscriptionId;

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

/** A flush that goes on after this would not be on the invoice: five minutes before Stripe acts. */
const HOLD_AHEAD_SECONDS = 5 * 60;

/**
 * Unix milliseconds from which a draft that differs must be held. A test clock's time says nothing
 * about ours.
 */
export const mustHoldBy = ({ finalizesAt, isOnTestClock }: InvoiceSnapshot): number =>
  finalizesAt === null || isOnTestClock ? Infinity : (finalizesAt - HOLD_AHEAD_SECONDS) * 1000;

/** Tokens of the period straight from the ledger's usage events, summed without any batch. */
export interface LedgerSums {
  readonly usedTokens: number;
  /** Sold by vendors whose usage leaves the allowance alone: it is not in usedTokens. */
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
      workflow: billable + lateTokens(period) + period.unpricedTokens,
      meter: null,
      invoice: null,
    },
  ];
  const late = (period.lateItems ?? []).map((item) => lateRow(item, invoice));
  return [...totals, ...perRate, ...late].filter((row) => {
    const others = [row.workflow, row.meter, row.invoice].filter((value) => value !== null);
    return others.some((value) => value !== row.ledger);
  });
}

/** A line for late usage, in cents: the invoice has it, with our amount. */
function lateRow(item: LateItem, invoice: InvoiceSnapshot): Difference {
  const lines = invoice.lines.filter(({ lateItemKey }) => lateItemKey === item.key);
  return {
    what: `cents of ${item.key}`,
    ledger: item.amountCents,
    workflow: item.amountCents,
    meter: null,
    invoice: lines.reduce((sum, { amountCents }) => sum + amountCents, 0),
  };
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

/** They agree, or an operator has accepted these very differences. */
export const isSettled = (period: PeriodState, found: readonly Difference[]): boolean =>
  found.length === 0 || describeDifferences(found) === period.settlement;

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
