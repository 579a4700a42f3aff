/** A discount of an invoice as it was read from Stripe, in our words. */

/** Whoever redeemed a coupon has this; absent fields are those that Stripe does not tell. */
export interface InvoiceDiscount {
  readonly id: string;
  readonly couponId?: string;
  /** What Stripe shows to customers. Absent: it has none. */
  readonly couponName?: string;
  /** Stripe's id of the code by which it was redeemed. */
  readonly promotionCode?: string;
  /** So much of each line, a decimal string. */
  readonly percentOff?: string;
  /** So much of all lines together. */
  readonly amountOffCents?: number;
  /** It takes off lines of these products only. */
  readonly products?: readonly string[];
  /** The invoice has it from its subscription. Absent: from somewhere else. */
  readonly isOfSubscription?: true;
  /** Unix seconds at which its months are over. Absent: Stripe tells no end. */
  readonly endsAt?: number;
  /** It is of the whole invoice, and so of every line that may be discounted. */
  readonly isOnInvoice: boolean;
  /** Stripe's own sum of what it takes. */
  readonly amountCents: number;
}

/** What Stripe takes off one line, in the order in which it does. */
export interface LineDiscount {
  readonly id: string;
  readonly amountCents: number;
}

/** A line of an invoice that has discounts tells this as well. */
export interface DiscountedLine {
  readonly discounts?: readonly LineDiscount[];
  /** Stripe leaves it alone. Absent: it does not. */
  readonly isUndiscountable?: true;
  readonly productId?: string;
  /** A change of items made it: what its discounts take was settled then. */
  readonly isProration?: true;
}
