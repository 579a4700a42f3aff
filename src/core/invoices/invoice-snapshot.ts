/** An invoice as it was read from Stripe, in our words. */
import type { DiscountedLine, InvoiceDiscount } from './invoice-discount';
import type { InvoiceHold } from '../state/period-state';

/** An invoice as read from Stripe. */
export interface InvoiceSnapshot {
  readonly id: string;
  readonly subscriptionId: string | null;
  readonly status: string;
  readonly billingReason: string | null;
  readonly totalCents: number;
  /**
   * What all lines come to, before discounts on the whole invoice, tax and the customer's balance.
   * A release that compared tokens only read it without.
   */
  readonly subtotalCents?: number;
  readonly amountRemainingCents: number;
  readonly autoAdvance: boolean;
  /** Our hold, by its mark. Absent: it has none. */
  readonly hold?: InvoiceHold;
  /** When Stripe finalizes the draft by itself; Unix seconds. */
  readonly finalizesAt: number | null;
  /** When it was finalized; Unix seconds. */
  readonly finalizedAt: number | null;
  readonly attemptCount: number;
  /** When Stripe itself tries next; Unix seconds. */
  readonly nextPaymentAttempt: number | null;
  /** Stripe's message, when finalizing failed. */
  readonly finalizationError: string | null;
  /** The customer's time is that of a test clock. */
  readonly isOnTestClock: boolean;
  readonly lines: readonly InvoiceLine[];
  /** What is taken off it, and by which coupons. Absent: nothing is. */
  readonly discounts?: readonly InvoiceDiscount[];
  /** They are of other amounts than it will have: what they take is not settled. Absent: it is. */
  readonly areDiscountsOpen?: true;
  /** Stripe's credits have paid so much of a discounted invoice. Absent: nothing. */
  readonly creditCents?: number;
  /** A discounted invoice has tax in its total. Absent: it has none. */
  readonly isTaxed?: boolean;
  /** Somebody is to pay it until then; Unix seconds. Absent: Stripe charges it. */
  readonly dueAt?: number;
  /** Some of it is a vendor's. */
  readonly paysVendors?: boolean;
  /** The period that a renewal follows ended here. Absent: not read. */
  readonly periodEnd?: number;
}

export interface InvoiceLine extends DiscountedLine {
  /**
   * Stripe's id. A release that did not ask for it read a line without, and without what is
   * optional below.
   */
  readonly id?: string;
  readonly description?: string;
  /** Our rate, for a metered line; null for everything else. */
  readonly rateId: string | null;
  /** The price is paid in advance for a service period (the plan's base price). */
  readonly isBase: boolean;
  /** The plan whose base price it is. */
  readonly planId?: string;
  /** What a change of plan settles: the plan whose price is charged or credited for the rest. */
  readonly proratedPlan?: string;
  /** Key of a line for late usage that we added. */
  readonly lateItemKey?: string;
  readonly quantity: number;
  /** The amount is before discounts and tax. */
  readonly amountCents: number;
  /** Cents for one, a decimal string. */
  readonly unitAmount?: string;
  /** Service period. */
  readonly start: number;
  readonly end: number;
}
