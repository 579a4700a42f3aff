/** What Stripe has of one payout: the charges that paid, who sold what of them, what was moved. */
import type { PaidCharge, VendorShare } from './payout';
import type { Position, VendorBalance } from './payout-position';
import type { MadeTransfer } from './vendor-books';

export interface PayoutFacts {
  readonly customer: string;
  /** null: a one-off sale. */
  readonly invoiceId: string | null;
  /** The customer's now, which a test clock may tell; Unix seconds. */
  readonly now: number;
  readonly sales: readonly PayoutSale[];
  /** Stripe has no such invoice or charge any more: nothing of what is owed can be moved. */
  readonly isGone?: true;
}

export interface PayoutSale {
  readonly charge: PaidCharge;
  /** The catalog splits it so today; a share that is booked holds. */
  readonly shares: readonly VendorShare[];
  readonly transfers: readonly MadeTransfer[];
}

/** Where one vendor stands with one charge, with what holds for all payouts to the vendor. */
export interface PositionOfVendor {
  readonly position: Position;
  readonly account: VendorBalance;
  /** Unix seconds. */
  readonly now: number;
}

/** The workflow that pays a position's charge out: of the invoice, or of the sale itself. */
export const payoutSource = ({
  invoiceId,
  chargeId,
}: Pick<Position, 'invoiceId' | 'chargeId'>): string => invoiceId ?? chargeId;
