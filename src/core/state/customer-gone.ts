/**
 * A customer who was deleted at Stripe, for good: nothing can be reported, corrected or invoiced
 * there any more. What was used until then stays an exception until somebody decides.
 */
import { withException, withoutException } from './exceptions';
import type { BillingState } from './billing-state';
import { sumDecimals } from '../money';
import { uninvoicedValueCents } from '../invoices/settlement';
import type { PeriodState } from './period-state';
import { archive, isSubscriptionOf, withPeriod } from './periods';
import type { BillingException } from './remembered';

/** Periods of which no invoice is final: none will be. */
const unbilled = ({ periods }: BillingState): PeriodState[] =>
  periods.filter(({ phase }) => !['finalized', 'paid', 'void'].includes(phase));

const billableTokens = ({ rates }: PeriodState): number =>
  Object.values(rates).reduce((sum, { tokens }) => sum + tokens, 0);

/** The rates of their plans tell what they are worth, exact. */
export const goneValueCents = (state: BillingState): string =>
  sumDecimals(unbilled(state).map(uninvoicedValueCents));

/**
 * It is told as long as there is something to decide, with the figures of now. `now` is in
 * milliseconds.
 */
export function noteGone(state: BillingState, now: number): BillingState {
  if (!state.isCustomerGone) return state;
  const freed = state.exceptions
    .filter((one) => isOvertaken(state, one))
    .reduce((current, one) => withoutException(current, one), state);
  const exception = { kind: 'customer_deleted' as const, subject: subjectOf(state) };
  const tokens = unbilled(state).reduce((sum, period) => sum + billableTokens(period), 0);
  if (tokens === 0) return withoutException(freed, exception);
  const message =
    `Customer ${subjectOf(state)} was deleted at Stripe: ${tokens} billable tokens, worth ` +
    `${goneValueCents(state)} cents, are on no invoice, and none can be made there. Invoice them ` +
    'by hand, then write_off.';
  const earlierException = freed.exceptions.find(({ kind }) => kind === exception.kind);
  if (earlierException?.message === message) return freed;
  return withException(freed, { ...exception, message }, now);
}

const subjectOf = ({ stripeCustomerId, customer }: BillingState): string =>
  stripeCustomerId ?? customer;

/** Reports are tried no more, and the one exception names what the other did. */
const isOvertaken = (state: BillingState, one: BillingException): boolean =>
  one.kind === 'report_refused' ||
  one.kind === 'invoice_gone' ||
  (one.kind === 'usage_uninvoiced' && isSubscriptionOf(state, one.subject) && !one.resolution);

/** They are given up, or invoiced by hand: the periods are put away as they are. */
export const writeOffGone = (state: BillingState, settlement: string): BillingState =>
  unbilled(state).reduce(
    (current, period) =>
      archive(withPeriod(current, { ...period, phase: 'void', settlement }), period.start),
    state,
  );
