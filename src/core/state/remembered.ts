/** What a billing workflow remembers beside its periods: the shape of each slice of its state. */
import type { ComingDiscount, GoneDiscount } from '../discounts/coming-discount';
import type { LateItem } from './period-state';

export interface Answered {
  readonly request: string;
  readonly answer: unknown;
}

/** What the billing workflow knows of a case. */
export interface DunningCase {
  readonly invoiceId: string;
  /** Day of the last step taken; null says that none was yet. */
  readonly day: number | null;
  readonly access: DunningAccess;
  /** The schedule is over, and the invoice is still unpaid. */
  readonly isGivenUp: boolean;
}

export type DunningAccess = 'warned' | 'throttled';

export interface BillingException {
  readonly kind: ExceptionKind;
  /** What it is about: an invoice, a rate, a report. One exception per kind and subject. */
  readonly subject: string;
  readonly message: string;
  /** Unix milliseconds. */
  readonly since: number;
  /** `report_rejected` says how many there were, and the first. The inbox has each. */
  readonly rejected?: { readonly count: number; readonly first: string };
  /** It is decided, and not carried out yet. */
  readonly resolution?: ExceptionResolution;
}

export type ExceptionKind =
  | 'report_refused'
  | 'report_rejected'
  | 'invoice_differs'
  | 'finalization_failed'
  | 'invoice_not_advancing'
  | 'invoice_gone'
  | 'usage_uninvoiced'
  | 'customer_deleted'
  | 'correction_uninvoiced'
  | 'stripe_refused'
  | 'usage_rejected'
  | 'usage_after_end'
  | 'upgrade_unpaid'
  | 'subscription_duplicate'
  | 'price_differs'
  | 'items_exceeded'
  | 'usage_unpriced'
  | 'record_refused'
  | 'ledger_behind';

export const RESOLUTIONS = ['accept_stripe', 'correct', 'write_off', 'retry'] as const;

export type ResolutionKind = (typeof RESOLUTIONS)[number];

export interface ExceptionResolution {
  /**
   * accept_stripe: Stripe's figures stand · correct: Stripe is brought to the ledger's, by a meter
   * event or on the next invoice · write_off: what is ours and not Stripe's is given up, with its
   * value · retry: what was refused is tried again at once.
   */
  readonly kind: ResolutionKind;
  readonly reason: string;
  /** Who decided, in the caller's words. */
  readonly by: string;
}

export interface TokenGrant {
  readonly id: string;
  readonly tokens: number;
  /** Start of the period in which it was given: usage from then on may use it. Unix seconds. */
  readonly since: number;
  /** Usage from this second on may not use it. null: it never expires. */
  readonly expiresAt: number | null;
  /** All periods together have used so many. */
  readonly usedTokens: number;
}

export interface MoneyBack {
  readonly chargeId: string;
  /** null: the charge paid no invoice. */
  readonly invoiceId: string | null;
  readonly refundedCents: number;
  /** Some of it is a vendor's. */
  readonly paysVendors?: boolean;
  readonly disputes: readonly {
    readonly id: string;
    /** Stripe's: needs_response, won, lost, … */
    readonly status: string;
    readonly amountCents: number;
  }[];
}

/**
 * A hint that something happened at Stripe. The workflow reads the object again: payloads go stale.
 */
export interface StripeEventHint {
  readonly id: string;
  readonly type: string;
  /** `data.object.id`; a meter error report has the identifier of the report that it is about. */
  readonly objectId: string;
  /** Unix seconds, Stripe's `created`. */
  readonly created: number;
}

/** It is not followed yet. */
export interface QueuedHint extends StripeEventHint {
  /** Unix milliseconds at which it was refused: others go first. Absent: it was not. */
  readonly refusedAt?: number;
}

export interface NextPlan {
  readonly planId: string;
  /** Unix seconds. */
  readonly from: number;
  /** The catalog version that it will be of. Absent: that of now. */
  readonly catalogVersion?: string;
}

export interface SubscriptionStanding {
  /** A change that waits for the period's end. */
  readonly nextPlan: NextPlan | null;
  /** Unix seconds at which the subscription will end. */
  readonly cancelAt: number | null;
  /** Stripe's behavior of a paused collection. */
  readonly collectionPaused: string | null;
  /** The customer asked to be upgraded rather than throttled. */
  readonly autoUpgrade: boolean;
  /** The subscription's, as they were read. Absent: none. */
  readonly discounts?: readonly ComingDiscount[];
  /** Those that it has no more. Absent: none that we know of. */
  readonly goneDiscounts?: readonly GoneDiscount[];
}

export interface UsageAfterEnd {
  readonly tokens: number;
  /** The same tokens by the rate of the plan that ended; the allowance is not asked. */
  readonly rates: Readonly<Record<string, number>>;
}

export interface UnbilledUsage {
  readonly tokens: number;
  /** At the rates of the plan that ended, exact, in minor units, a decimal string. */
  readonly valueCents: string;
}

/** Usage between two subscriptions of the customer, which no period takes. */
export interface UnbilledGap extends UnbilledUsage {
  /** The one that had ended before. */
  readonly subscriptionId: string;
  /** Unix seconds: its end, and the start of the next one, exclusive. */
  readonly start: number;
  readonly end: number;
  /** So much of it an operator has given up. Absent: nothing. */
  readonly givenUp?: UnbilledUsage;
}

export interface PriceDifference extends SoldItem {
  /** Cents as the terms have it, for a quantity of 1; null: they know of no such item. */
  readonly soldAmount: string | null;
}

/** What was found of such an invoice: nothing, or the differences that an operator settled. */
export interface ExplainedUnbilled {
  readonly id: string;
  readonly settlement: string;
}

/** It is carried while a run that was begun again catches up. */
export interface Recovering {
  /** The ledger's last batch when this began. */
  readonly untilSequence: number;
  readonly settlements: readonly RecordedSettlement[];
  readonly invoices: readonly string[];
  /** Everything is counted and compared with the meters: invoices can be followed. */
  readonly isCounted?: true;
}

/** Late usage that was put onto an invoice, or written off. */
export interface RecordedSettlement {
  readonly item: LateItem;
  readonly invoiceId: string | null;
}

/** An item of the subscription, by its own price at Stripe. */
export interface SoldItem {
  readonly priceId: string;
  /** The plan whose base price this is. */
  readonly planId: string | null;
  readonly rateId: string | null;
  /** Cents, a decimal string, for a month or a token. null: the price has no single amount. */
  readonly unitAmount: string | null;
  /** How often the price is charged; 1 for a metered price. */
  readonly quantity: number;
}

export type Resolved = BillingException & Required<Pick<BillingException, 'resolution'>>;
