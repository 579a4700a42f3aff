/** Refunds and disputes of a charge, as Stripe has them now. */
import type { BillingState } from './billing-state';
import type { MoneyBack } from './remembered';

/** The workflow remembers so many; the audit trail has them all. */
const REMEMBERED_MAX = 10;

/** The latest reading of a charge takes the place of the one before. */
export function withMoneyBack(state: BillingState, reading: MoneyBack): BillingState {
  const others = state.moneyBack.filter(({ chargeId }) => chargeId !== reading.chargeId);
  const all = [...others, reading].sort((a, b) => (a.chargeId < b.chargeId ? -1 : 1));
  return { ...state, moneyBack: all.slice(-REMEMBERED_MAX) };
}
