/**
 * What a period looks like to a person: derived from the workflow's state, shown by the `statement`
 * query and in the Temporal UI, projected into `billing_periods.statement`, read by the API.
 */
import type { BillingState, PeriodPhase, PeriodState } from './billing-state';
import type { LateItem } from './late-usage';
import { exactCents } from './money';
import { NO_TOKENS, overageTokens } from './rating';

export interface Statement {
  readonly customer: string;
  readonly planId: string;
  /** Unix seconds; the period is the half-open [periodStart, periodEnd). */
  readonly periodStart: number;
  readonly periodEnd: number;
  /** open: current · closing: ended, draft not yet equal · reconciled: draft equals ledger ·
   *  finalized: awaiting payment · paid. */
  readonly phase: PeriodPhase;
  /** null: unlimited. */
  readonly includedTokens: number | null;
  /** Tokens that count against the allowance. */
  readonly usedTokens: number;
  readonly overageTokens: number;
  readonly rates: readonly StatementRate[];
  /** Usage no rate of the plan prices (recorded, not billed). */
  readonly unpricedTokens: number;
  /** Tokens taken from grants, by grant; these are no overage. */
  readonly grantUses: Readonly<Record<string, number>>;
  /** Billable tokens that came after the period was finalized. */
  readonly late: readonly StatementLate[];
  /** What this period's invoice carries of earlier periods. */
  readonly lateItems: readonly LateItem[];
  readonly invoice: StatementInvoice | null;
}

export interface StatementRate {
  readonly rateId: string;
  readonly vendor?: string;
  readonly pricePerMillionTokens: string;
  /** Billable tokens: overage, or a vendor's usage. */
  readonly tokens: number;
  /** Of these, acknowledged by Stripe. */
  readonly reportedTokens: number;
  /** Exact, in minor units, as a decimal string: rounded only on the invoice. */
  readonly amountCents: string;
}

export interface StatementLate {
  readonly rateId: string;
  readonly tokens: number;
  /** Of these, on a later invoice or written off. */
  readonly settledTokens: number;
}

export interface StatementInvoice {
  readonly id: string;
  readonly status: string;
  readonly totalCents: number;
}

/** The statement of one period, from what the workflow knows. */
export function statementOf(state: BillingState, period: PeriodState): Statement {
  return {
    customer: state.customer,
    planId: period.terms.planId,
    periodStart: period.start,
    periodEnd: period.end,
    phase: period.phase,
    includedTokens: period.terms.includedTokens,
    usedTokens: period.usedTokens,
    overageTokens: overageTokens(period),
    rates: period.terms.rates.map((rate) => {
      const counted = period.rates[rate.id] ?? NO_TOKENS;
      return {
        rateId: rate.id,
        vendor: rate.vendor,
        pricePerMillionTokens: rate.pricePerMillionTokens,
        tokens: counted.tokens,
        reportedTokens: counted.reportedTokens,
        amountCents: exactCents(counted.tokens, rate.pricePerMillionTokens),
      };
    }),
    unpricedTokens: period.unpricedTokens,
    grantUses: period.grantUses ?? {},
    late: Object.entries(period.late ?? {}).map(([rateId, { tokens, settledTokens }]) => ({
      ...{ rateId, tokens, settledTokens },
    })),
    lateItems: period.lateItems ?? [],
    invoice: period.invoice,
  };
}
