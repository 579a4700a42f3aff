/** Takes over the subscription as Stripe has it: state, plan, periods, and the items it needs. */
import { log } from '@temporalio/workflow';
import { lastKnownPeriod } from '../src/core/billing-state';
import { followSubscription, uninvoicedTokens } from '../src/core/subscription';
import type { SubscriptionSnapshot } from '../src/core/subscription';
import { itemsToArrange } from '../src/core/subscription-items';
import type { Account } from './account';
import { openException, project, update } from './account';
import { stripe } from './proxies';

/** Arranged once, items are there; that they are not would be somebody undoing it. */
const ARRANGEMENTS_MAX = 2;

export async function readSubscription(account: Account): Promise<void> {
  account.readings.begun += 1;
  const reading = account.readings.begun;
  const snapshot = await readWithItems(account);
  const before = account.state;
  update(account, followSubscription(before, snapshot));
  noteUninvoicedUsage(account, snapshot);
  if (whatIsShown(account.state) !== whatIsShown(before)) await project(account);
  account.readings.inForce = Math.max(account.readings.inForce, reading);
}

/**
 * Before a rate is reported its item must be there, and since when is told by reading once more:
 * Stripe bills no usage from before.
 */
async function readWithItems(account: Account): Promise<SubscriptionSnapshot> {
  for (let arrangements = 0; ; arrangements += 1) {
    const { customer } = account.state;
    const knownEnd = lastKnownPeriod(account.state)?.end;
    const snapshot = await stripe.readSubscription({ customer, knownEnd });
    const followed = followSubscription(account.state, snapshot);
    const { missing, superfluous } = itemsToArrange(followed, snapshot.rateItems);
    if (missing.length + superfluous.length === 0) return snapshot;
    if (arrangements >= ARRANGEMENTS_MAX) {
      log.warn('the subscription has other items than its plan', { missing, superfluous });
      return snapshot;
    }
    const { subscriptionId } = snapshot;
    await stripe.arrangeItems.executeWithOptions(
      {
        summary: [...missing.map((id) => `+${id}`), ...superfluous.map((id) => `-${id}`)].join(' '),
      },
      [{ customer, subscriptionId, missing, superfluous }],
    );
  }
}

/** Somebody ended the subscription without having its usage invoiced. */
function noteUninvoicedUsage(account: Account, snapshot: SubscriptionSnapshot): void {
  const tokens = uninvoicedTokens(account.state, snapshot);
  if (tokens === 0) return;
  openException(account, {
    kind: 'usage_uninvoiced',
    subject: snapshot.subscriptionId,
    message:
      `The subscription ended at ${snapshot.endedAt} and Stripe made no invoice for the usage of ` +
      `its last period: ${tokens} billable tokens are on no invoice.`,
  });
}

function whatIsShown({ periods, billingStatus, standing }: Account['state']): string {
  const spans = periods.map(({ start, end, terms }) => [start, end, terms.planId]);
  return JSON.stringify([billingStatus, standing, spans]);
}
