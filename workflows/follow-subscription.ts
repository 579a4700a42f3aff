/**
 * The customer has come back by a subscription that somebody began at Stripe: it follows the one
 * that has ended. What that one has left to settle goes on beside it.
 */
import { successorOf } from '../src/core/subscription/succession';
import type { SubscriptionSnapshot } from '../src/core/subscription/subscription-snapshot';
import { uninvoicedCorrections } from '../src/core/invoices/correction';
import { uninvoicedInTime, uninvoicedSubjectOf } from '../src/core/invoices/late-by-us';
import { allPeriods } from '../src/core/state/periods';
import type { Run } from './run';
import { closeException } from './run';
import { stripe } from './proxies';

/** True says that another subscription is the customer's now, and is to be read. */
export async function followSuccessor(run: Run, snapshot: SubscriptionSnapshot): Promise<boolean> {
  const { customer } = run.state;
  const { subscriptionId: formerId, endedAt } = snapshot;
  const subscriptionId = successorOf(snapshot);
  if (run.isLegacy || subscriptionId === undefined || endedAt === null) return false;
  const request = { customer, formerId, endedAt, subscriptionId };
  return stripe.followSubscription.executeWithOptions({ summary: subscriptionId }, [request]);
}

/** What no invoice would have, the next draft of the new subscription has. */
export function closeOvertaken(run: Run): void {
  const due = [...uninvoicedInTime(run.state), ...uninvoicedCorrections(run.state)];
  for (const period of allPeriods(run.state)) {
    if (period.subscriptionId === undefined) continue;
    if (due.some(({ start }) => start === period.start)) continue;
    const subject = uninvoicedSubjectOf(run.state, period.start);
    for (const { kind, resolution } of run.state.exceptions.filter(
      (one) => one.subject === subject,
    ))
      if (!resolution && (kind === 'usage_uninvoiced' || kind === 'correction_uninvoiced'))
        closeException(run, kind, subject);
  }
}
