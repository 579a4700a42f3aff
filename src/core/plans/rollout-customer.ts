/** Which customers of a plan a rollout moves, and who is left out and why. */

/** Why a customer on the plan is not moved. */
export type LeftOutReason = 'not_begun' | 'ended' | 'cancellation_waits' | 'plan_change_waits';

/** A customer on the plan, as the ledger's database has them. */
export interface RolloutCustomer {
  readonly customer: string;
  readonly billingStatus: string;
  readonly hasPeriod: boolean;
  readonly isEnding: boolean;
  readonly isChanging: boolean;
}

/** null says that they are to be moved. */
export function leftOutReason(customer: Omit<RolloutCustomer, 'customer'>): LeftOutReason | null {
  if (customer.billingStatus === 'ended') return 'ended';
  if (!customer.hasPeriod) return 'not_begun';
  if (customer.isEnding) return 'cancellation_waits';
  return customer.isChanging ? 'plan_change_waits' : null;
}
