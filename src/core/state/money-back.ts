/** Refunds and disputes of a charge, as Stripe has them now. */
import type { BillingState } from './billing-state';

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

/** The workflow remembers so many; the audit trail has them all. */
const REMEMBERED_MAX = 10;

/** The latest reading of a charge takes the place of the one before. */
export function withMoneyBack(state: BillingState, read: MoneyBack): BillingState {
  const others = state.moneyBack.filter(({ chargeId }) => chargeId !== read.chargeId);
  const all = [...others, read].sort((a, b) => (a.chargeId < b.chargeId ? -1 : 1));
  return { ...state, moneyBack: all.slice(-REMEMBERED_MAX) };
}
