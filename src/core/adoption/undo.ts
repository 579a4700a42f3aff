/** Whether an import can still be undone: nothing of it may be at Stripe, or on its way there. */
import type { BillingState } from '../state/billing-state';
import type { PeriodState } from '../state/period-state';
import { acceptsUsage, allPeriods } from '../state/periods';

/** null: it can. */
export function whyNotLetGo(state: BillingState): string | null {
  const periods = allPeriods(state);
  if (periods.some(isReported))
    return 'usage was reported to Stripe: the import stays, and the subscription can be canceled';
  if (periods.some(isClosing)) return 'an invoice is being closed: try again once it has left';
  if (state.grants.length > 0) return 'the customer was granted tokens: the import stays';
  return null;
}

const isReported = ({ rates }: PeriodState): boolean =>
  Object.values(rates).some(({ reports, inFlight }) => reports > 0 || inFlight !== null);

const isClosing = (period: PeriodState): boolean =>
  period.held !== undefined || (acceptsUsage(period) && period.phase !== 'open');
