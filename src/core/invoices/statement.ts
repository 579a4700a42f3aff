/**
 * What a period looks like to a person: derived from the workflow's state, shown by the `statement`
 * query and in the Temporal UI, projected into `billing_periods.statement`, read by the API.
 */
import type { BillingState } from '../state/billing-state';
import { exactCents } from '../money';
import { isPastKnown, pricedRates } from '../plans/plan';
import type { PlanPrice } from '../plans/plan';
import type { PeriodPhase, PeriodState, LateItem, StatementInvoice } from '../state/period-state';
import { NO_TOKENS } from '../state/periods';
import { discountsAt } from '../discounts/coming-discount';
import type { ComingDiscount } from '../discounts/coming-discount';
import { overageTokens } from '../counting/allowance';

export interface Statement {
  readonly customer: string;
  /** Stripe's. Absent: release 0.1.0 wrote it. */
  readonly subscriptionId?: string;
  readonly planId: string;
  /** Unix seconds; the period is the half-open [periodStart, periodEnd). */
  readonly periodStart: number;
  readonly periodEnd: number;
  /**
   * open: it is current · closing: it ended, and its draft is not equal yet · reconciled: its draft
   * equals the ledger · finalized: it awaits payment · paid.
   */
  readonly phase: PeriodPhase;
  /** A trial bills nothing, and charges no base price. Absent: it is none. */
  readonly isTrial?: true;
  /** null: unlimited. */
  readonly includedTokens: number | null;
  /** Tokens that count against the allowance. */
  readonly usedTokens: number;
  readonly overageTokens: number;
  readonly rates: readonly StatementRate[];
  /** Usage no rate of the plan prices (recorded, not billed). */
  readonly unpricedTokens: number;
  /** Unpriced tokens that an operator has given up. Absent: none. */
  readonly writtenOffTokens?: number;
  /** Tokens taken from grants, by grant; these are no overage. */
  readonly grantUses: Readonly<Record<string, number>>;
  /** Billable tokens that came after the period was finalized. */
  readonly late: readonly StatementLate[];
  /** What this period's invoice carries of earlier periods. */
  readonly lateItems: readonly LateItem[];
  readonly invoice: StatementInvoice | null;
  /** The period's invoice will have these. Absent: none, or there is an invoice. */
  readonly comingDiscounts?: readonly ComingDiscount[];
  /** Plans that held before within the period. Absent: nobody noted them. */
  readonly formerPlans?: readonly PlanPrice[];
  /** A period that was cut short would have ended here. Absent: it was not. */
  readonly wholeEnd?: number;
  /** The last batch that was counted before its invoice was final. Absent: nobody knows. */
  readonly countedUpTo?: number;
}

export interface StatementRate {
  readonly rateId: string;
  readonly vendor?: string;
  readonly pricePerMillionTokens: string;
  /** Billable tokens: overage, or a vendor's usage. */
  readonly tokens: number;
  /** Billable tokens that Stripe has acknowledged. */
  readonly reportedTokens: number;
  /** The amount is exact, in minor units, as a decimal string: only the invoice rounds it. */
  readonly amountCents: string;
  /** Lines that we put onto a draft bill these as well, since there was no item. */
  readonly lineTokens?: number;
  /** Second of the period from which Stripe meters it by this price. Absent: all of it. */
  readonly meteredFrom?: number;
}

export interface StatementLate {
  readonly rateId: string;
  readonly tokens: number;
  /** Late tokens that are on a later invoice or written off. */
  readonly settledTokens: number;
}

const tokensByLines = ({ terms, late }: PeriodState, rateId: string): number =>
  terms.lineRates?.includes(rateId) ? (late?.[rateId]?.tokens ?? 0) : 0;

function ofSubscription(state: BillingState, period: PeriodState): { subscriptionId?: string } {
  const subscriptionId = period.subscriptionId ?? state.subscriptionId;
  return subscriptionId === null ? {} : { subscriptionId };
}

function comingDiscounts(
  { standing }: BillingState,
  { phase, end, subscriptionId }: PeriodState,
): Pick<Statement, 'comingDiscounts'> {
  const isOpen = phase === 'open' && subscriptionId === undefined;
  const discounts = isOpen ? discountsAt(standing.discounts ?? [], end) : [];
  return discounts.length === 0 ? {} : { comingDiscounts: discounts };
}

/** The statement of one period, from what the workflow knows. */
export function statementOf(state: BillingState, period: PeriodState): Statement {
  return {
    customer: state.customer,
    ...ofSubscription(state, period),
    planId: period.terms.planId,
    periodStart: period.start,
    periodEnd: period.end,
    phase: period.phase,
    ...(period.terms.isTrial && { isTrial: true }),
    includedTokens: period.terms.includedTokens,
    usedTokens: period.usedTokens,
    overageTokens: overageTokens(period),
    // Rates of a plan that was changed from count, too: Stripe may have tokens of it.
    rates: pricedRates(period).map((rate) => {
      const counted = period.rates[rate.id] ?? NO_TOKENS;
      const meteredFrom = period.meteredFrom?.[rate.id];
      const lineTokens = tokensByLines(period, rate.id);
      return {
        rateId: rate.id,
        vendor: rate.vendor,
        pricePerMillionTokens: rate.pricePerMillionTokens,
        tokens: counted.tokens,
        reportedTokens: counted.reportedTokens,
        amountCents: exactCents(counted.tokens, rate.pricePerMillionTokens),
        ...(lineTokens > 0 && { lineTokens }),
        ...(meteredFrom !== undefined && { meteredFrom }),
      };
    }),
    unpricedTokens: period.unpricedTokens,
    ...(period.writtenOffTokens !== undefined && { writtenOffTokens: period.writtenOffTokens }),
    grantUses: period.grantUses ?? {},
    late: Object.entries(period.late ?? {}).map(([rateId, { tokens, settledTokens }]) => ({
      ...{ rateId, tokens, settledTokens },
    })),
    lateItems: period.lateItems ?? [],
    invoice: period.invoice,
    ...comingDiscounts(state, period),
    ...(isPastKnown(period) && { formerPlans: period.formerPlans ?? [] }),
    ...(period.wholeEnd !== undefined && { wholeEnd: period.wholeEnd }),
    ...(period.countedUpTo !== undefined && { countedUpTo: period.countedUpTo }),
  };
}
