/** Refunds and disputes of a charge, as Stripe has them now. */
import type { BillingState } from './billing-state';
import type { MoneyBack } from './remembered';

/** The workflow remembers so many; the audit trail has them all. */
const REMEMBERED_MAX = 10;

/** The latest reading of a charge is in place of the one before; the one read longest ago goes. */
export function withMoneyBack(state: BillingState, reading: MoneyBack): BillingState {
  const others = state.moneyBack.filter(({ chargeId }) => chargeId !== reading.chargeId);
  return { ...state, moneyBack: [...others, reading].slice(-REMEMBERED_MAX) };
}
