/**
 * What each vendor should have of the money that was paid: the split of a charge over those whose
 * usage it pays, the platform's fee, and what is left of a share when money comes back
 * (docs/explain/decisions/0017-vendors-have-books.md).
 */
import type { VendorPolicy } from '../plans/catalog';

/** A line of a paid invoice, as a part of what was paid. */
export interface PaidLine {
  /** null: the platform's own. */
  readonly vendor: string | null;
  /** It is what is left after discounts and credits; if it is negative, a credit. */
  readonly amountCents: number;
  readonly tokens: number;
  /** Service period; Unix seconds. */
  readonly periodStart: number;
  readonly periodEnd: number;
  /** It bills usage that came late, mostly of an earlier period. Absent: it doesn't. */
  readonly isLate?: true;
}

/** A charge that paid, and what has come back of it. */
export interface PaidCharge {
  readonly chargeId: string;
  readonly amountCents: number;
  readonly refundedCents: number;
  /** Disputes that are open or lost took it. */
  readonly disputedCents: number;
  /** Unix seconds. */
  readonly paidAt: number;
}

/** A vendor's part of a charge, and who gets what of it. */
export interface ShareAmounts {
  /** The vendor's part of the charge: fee + share. */
  readonly grossCents: number;
  readonly feeCents: number;
  readonly shareCents: number;
}

/** What one vendor gets of one charge, as it was paid. */
export interface VendorShare extends ShareAmounts {
  readonly vendor: string;
  readonly chargeId: string;
  /** The catalog had it so when the share was booked: later changes are for later sales. */
  readonly feeOnRefund: VendorPolicy['feeOnRefund'];
  readonly tokens: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  /** Unix seconds. */
  readonly releaseAt: number;
}

export interface Split {
  readonly shares: readonly VendorShare[];
  /** The platform's own part of the charge. */
  readonly platformCents: number;
  /** It was paid beyond the lines: an older balance. */
  readonly unallocatedCents: number;
}
