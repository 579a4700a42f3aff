/**
 * Follows Stripe's hints one by one: the subscription's periods, and each invoice that bills one.
 */
import { condition, isCancellation } from '@temporalio/workflow';
import type { StripeEventHint } from '../src/core/stripe-event';
import { hintSubject } from '../src/core/stripe-event';
import { takeHint } from '../src/core/hints';
import { followSubscription } from '../src/core/subscription';
import type { Account } from './account';
import { closeException, openException, project, step, update } from './account';
import { stripe } from './proxies';
import { followInvoice } from './period-close';
import { causeOf } from './report-usage';

/** Usage may run a little ahead of Stripe's renewal; ask again, unless a webhook comes first. */
const PERIOD_RETRY = '30 seconds';
/** After Stripe refused something an operator is told, and the same hint is followed again. */
const REFUSED_RETRY = '5 minutes';

export async function followStripe(account: Account): Promise<void> {
  for (;;) {
    await condition(() => account.isClosing || needsPeriod(account) || hasHint(account));
    if (account.isClosing) return;
    const [hint, state] = takeHint(account.state);
    update(account, state);
    try {
      await step(account, () => (hint ? follow(account, hint) : readSubscription(account)));
      closeException(account, 'stripe_refused');
    } catch (error) {
      putBack(account, hint);
      if (isCancellation(error)) throw error;
      openException(account, {
        kind: 'stripe_refused',
        message: `${hint?.type ?? 'reading the subscription'} was refused: ${causeOf(error)}`,
      });
      await condition(() => account.isClosing, REFUSED_RETRY, {
        summary: 'until what Stripe refused is tried again',
      });
    }
    if (account.isReset) return;
    if (needsPeriod(account))
      await condition(() => account.isClosing || hasHint(account), PERIOD_RETRY, {
        summary: 'until Stripe is asked for the next period again',
      });
  }
}

const needsPeriod = ({ state }: Account): boolean =>
  state.billingStatus !== 'ended' && (state.periods.length === 0 || state.awaitsPeriod);
const hasHint = ({ state }: Account): boolean => state.stripeEvents.length > 0;

async function follow(account: Account, hint: StripeEventHint): Promise<void> {
  if (hintSubject(hint.type) === 'subscription' || needsPeriod(account))
    await readSubscription(account);
  if (hintSubject(hint.type) === 'invoice') await followInvoice(account, hint.objectId);
}

/** A hint whose following failed or was cut short is followed again, before all others. */
function putBack(account: Account, hint: StripeEventHint | undefined): void {
  if (!hint) return;
  const others = account.state.stripeEvents.filter((other) => other.objectId !== hint.objectId);
  update(account, { ...account.state, stripeEvents: [hint, ...others] });
}

/** Takes over the subscription's state and opens the periods that we don't know yet. */
export async function readSubscription(account: Account): Promise<void> {
  const before = account.state;
  const snapshot = await stripe.readSubscription({
    customer: before.customer,
    knownEnd: before.periods.at(-1)?.end,
  });
  update(account, followSubscription(account.state, snapshot));
  const isChanged =
    account.state.periods.length !== before.periods.length ||
    account.state.billingStatus !== before.billingStatus;
  if (isChanged) await project(account);
}
