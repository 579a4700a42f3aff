/** What a customer has decided that begins later: the end, or another plan. */
import type { WaitingChanges } from '../../dashboard/standing';
import type { Customer } from '../../db/customers';

export async function waitingChanges(
  { nextPlan, nextPlanFrom, cancelAt }: Customer,
  nameOf: (planId: string) => Promise<string>,
): Promise<WaitingChanges> {
  const isChanging = nextPlan !== null && nextPlanFrom !== null;
  return {
    nextPlan: isChanging
      ? { name: await nameOf(nextPlan), from: nextPlanFrom.toISOString() }
      : null,
    cancelAt: cancelAt?.toISOString() ?? null,
  };
}
