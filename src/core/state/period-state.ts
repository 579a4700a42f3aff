/** One period as a billing workflow remembers it: its terms, what was counted, told and is due. */
import type { PlanPrice, PlanTerms, Rate } from '../plans/plan';

export interface PeriodState {
  /** The earlier subscription that it is of, which has ended. Absent: it is of the current one. */
  readonly subscriptionId?: string;
  /** Vendors' items of that earlier subscription, and the second since when. Absent: none. */
  readonly vendorItems?: Readonly<Record<string, number>>;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly terms: PlanTerms;
  /** Rates of plans that held before within the period: Stripe may still have usage of them. */
  readonly formerRates?: readonly Rate[];
  /** Those plans, and what they cost: Stripe settles a change at their prices. */
  readonly formerPlans?: readonly PlanPrice[];
  /** A period that was cut short would have ended here. */
  readonly wholeEnd?: number;
  readonly phase: PeriodPhase;
  /** Tokens that count against the allowance. */
  readonly usedTokens: number;
  /** Overage that no rate of the plan prices. */
  readonly unpricedTokens: number;
  /** Unpriced tokens that an operator has given up. Absent: none. */
  readonly writtenOffTokens?: number;
  readonly rates: Readonly<Record<string, RateState>>;
  readonly invoice: StatementInvoice | null;
  /** Unix seconds, by our clock on a test clock's. Absent: it is not final, or 0.1.0 saw it. */
  readonly finalizedAt?: number;
  /** The last batch that was counted by then. Absent: nobody knows. */
  readonly countedUpTo?: number;
  /** It is final, and its invoice is still to be compared with the ledger. Absent: it was. */
  readonly isUncompared?: true;
  /** The draft does not advance by itself, and whose doing that is. Absent: it does. */
  readonly held?: HeldDraft;
  /** When Stripe finalizes the draft that was let go; Unix seconds. Absent: not known. */
  readonly leavesAt?: number;
  /** Tokens taken from grants, by grant. Absent: none. */
  readonly grantUses?: Readonly<Record<string, number>>;
  /** Billable tokens that came after the period was finalized, by rate. Absent: none. */
  readonly late?: Readonly<Record<string, LateRate>>;
  /** What this period's invoice carries of earlier periods. Absent: nothing. */
  readonly lateItems?: readonly LateItem[];
  /** Rates whose subscription item began within the period, and the second it did. */
  readonly meteredFrom?: Readonly<Record<string, number>>;
  /**
   * Rates whose item has the price of the period before: they are not reported until it is
   * exchanged.
   */
  readonly outdatedItems?: readonly string[];
  /** Thresholds of the terms that the customer has been told of. Absent: none. */
  readonly toldThresholds?: readonly number[];
  /** What an operator decided about a difference with the invoice. */
  readonly settlement?: string;
  readonly settledAtEnd?: string | undefined; // It is the same, once a draft's usage is counted.
}

/**
 * open → closing (draft invoice seen) → reconciled (draft equals ledger) → finalized → paid, or
 * void: Stripe does not expect the money any more.
 */
export type PeriodPhase = 'open' | 'closing' | 'reconciled' | 'finalized' | 'paid' | 'void';

export interface RateState {
  /** Billable tokens: overage, or usage sold by a vendor. */
  readonly tokens: number;
  /**
   * Billable tokens that Stripe has acknowledged. If they are more than the tokens, a correction is
   * to be sent.
   */
  readonly reportedTokens: number;
  /** So many reports were made so far; it numbers the next. */
  readonly reports: number;
  /** The latest second with a billable token: the timestamp of the next report. */
  readonly lastSecond: number;
  /** One report per rate is under way at most; it keeps its identity until acknowledged. */
  readonly inFlight: UsageReport | null;
}

export interface UsageReport {
  readonly number: number;
  /** A negative number is a correction. */
  readonly tokens: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Unix milliseconds; Stripe forgets identifiers 24 hours after it first saw them. */
  readonly firstAttemptAt: number;
  /** Unix milliseconds at which Stripe did not take it: those of other periods go first. */
  readonly refusedAt?: number;
}

export interface LateRate {
  readonly tokens: number;
  /** Late tokens that are on an invoice or written off. */
  readonly settledTokens: number;
  /** So many settlements were made so far; it numbers the next. */
  readonly settlements: number;
  /**
   * They are not settled, and were recorded before the invoice was finalized: they are late because
   * we were, so that no plan writes them off. Absent: none.
   */
  readonly inTimeTokens?: number;
  /**
   * They are not settled, and an operator decided that they are to be billed, or credited. Absent:
   * none.
   */
  readonly decidedTokens?: number;
  /** Cents beside what the tokens cost, decided likewise, and not settled. Absent: none. */
  readonly correctionCents?: number;
  /** A line being put onto a draft: it stays as it is, and no other draft may have its tokens. */
  readonly underWay?: { readonly invoiceId: string; readonly item: LateItem };
}

/** One line for late usage: which tokens of which period, and what they cost. */
export interface LateItem {
  readonly key: string;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly planId: string;
  readonly rateId: string;
  readonly tokens: number;
  readonly pricePerMillionTokens: string;
  /** So many of the tokens an operator had corrected. Absent: none. */
  readonly decidedTokens?: number;
  /** An operator had so much corrected beside what the tokens cost. Absent: nothing. */
  readonly correctionCents?: number;
  readonly amountCents: number;
}

export interface StatementInvoice {
  readonly id: string;
  readonly status: string;
  readonly totalCents: number;
  /** What is taken off it, and by which coupon. Absent: nothing is. */
  readonly discounts?: readonly StatementDiscount[];
}

export interface StatementDiscount {
  /** Null: Stripe does not tell. */
  readonly coupon: string | null;
  /** What Stripe shows to customers. Absent: it has none. */
  readonly couponName?: string;
  readonly amountCents: number;
}

export interface InvoiceHold {
  /** Unix milliseconds of the decision. */
  readonly at: number;
  /** When Stripe would have finalized the draft by itself; Unix seconds. It forgets when held. */
  readonly finalizesAt: number | null;
}

/** It tells who keeps a draft. `by` absent: we do. */
export interface HeldDraft extends Pick<InvoiceHold, 'finalizesAt'> {
  /** Absent in what release 0.1.0 wrote. */
  readonly at?: number;
  /** It is wanted: Stripe has not confirmed it yet. */
  readonly isUnderWay?: true;
  /**
   * pause: the collection is paused, which keeps it a draft · others: it is somebody else's doing.
   */
  readonly by?: 'pause' | 'others';
  /**
   * It will be right once Stripe has counted its usage, which it does as it finalizes the draft.
   */
  readonly isCountedAtEnd?: true;
}
