/**
 * Follows Stripe's hints one by one: the subscription and its periods, each invoice that bills one,
 * what came back of a charge. The object is read again, so that order and number of the hints make
 * no difference.
 */
import { condition, isCancellation } from '@temporalio/workflow';
import { putBackHint, takeHint } from '../src/core/hints';
import { withMoneyBack } from '../src/core/money-back';
import { hintSubject } from '../src/core/stripe-event';
import type { StripeEventHint } from '../src/core/stripe-event';
import type { Account } from './account';
import { closeException, isExceptionOpen, openException, project, step, update } from './account';
import { beginPayout } from './begin-payout';
import { followInvoice } from './follow-invoice';
import { REFUSED_RETRY, stripe } from './proxies';
import { readSubscription } from './read-subscription';
import { causeOf } from './report-usage';

/** Usage may run a little ahead of Stripe's renewal; ask again, unless a webhook comes first. */
const PERIOD_RETRY = '30 seconds';

export async function followStripe(account: Account): Promise<void> {
  for (;;) {
    await condition(() => account.isClosing || account.isUnrecorded || isHinted(account));
    if (account.isClosing) return;
    if (account.isUnrecorded) {
      account.isUnrecorded = false;
      await step(account, () => project(account));
      continue;
    }
    await followNext(account);
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
const isHinted = (account: Account): boolean => needsPeriod(account) || hasHint(account);

async function followNext(account: Account): Promise<void> {
  const [hint, state] = takeHint(account.state);
  update(account, state);
  const subject = hint?.objectId ?? 'subscription';
  try {
    await step(account, () => (hint ? follow(account, hint) : readSubscription(account)));
    closeException(account, 'stripe_refused', subject);
  } catch (error) {
    if (hint) update(account, putBackHint(account.state, hint));
    if (isCancellation(error)) throw error;
    openException(account, {
      kind: 'stripe_refused',
      subject,
      message: `${hint?.type ?? 'reading the subscription'} was refused: ${causeOf(error)}`,
    });
    await untilWorthTryingAgain(account, subject);
  }
}

/** Others go first: a refused hint waits behind them. */
async function untilWorthTryingAgain(account: Account, subject: string): Promise<void> {
  const waiting = account.state.stripeEvents.length;
  await condition(
    () =>
      account.isClosing ||
      !isExceptionOpen(account, 'stripe_refused', subject) ||
      account.state.stripeEvents.length > Math.max(1, waiting),
    REFUSED_RETRY,
    { summary: 'until what Stripe refused is tried again' },
  );
}

async function follow(account: Account, hint: StripeEventHint): Promise<void> {
  const subject = hintSubject(hint.type);
  if (subject === 'subscription' || needsPeriod(account)) await readSubscription(account);
  if (subject === 'invoice') await followInvoice(account, hint.objectId);
  if (subject === 'charge') await followCharge(account, hint.objectId);
  if (subject === 'report') noteRejectedReport(account, hint);
}

async function followCharge(account: Account, objectId: string): Promise<void> {
  const { customer } = account.state;
  const read = await stripe.readMoneyBack.executeWithOptions({ summary: objectId }, [
    { customer, objectId },
  ]);
  update(account, withMoneyBack(account.state, read));
  const { chargeId, invoiceId, paysVendors } = read;
  if (paysVendors) await beginPayout({ customer, source: invoiceId ?? chargeId });
}

/** Stripe took a report and threw it away later: the period's comparison will miss its tokens. */
function noteRejectedReport(account: Account, hint: StripeEventHint): void {
  openException(account, {
    kind: 'report_rejected',
    subject: hint.objectId,
    message:
      `Stripe could not process meter event ${hint.objectId} (Stripe event ${hint.id}). Its tokens ` +
      'will be missing on the invoice, which is then held until they are corrected.',
  });
}
